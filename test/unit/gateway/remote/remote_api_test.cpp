// SPDX-License-Identifier: Apache-2.0
// The API that a tenant reaches over the tunnel, with a real state and a real vCenter's port.
#include "gateway/remote/remote_api.h"

#include "common/codec/base64url.h"
#include "common/crypto/digest.h"
#include "common/crypto/x509.h"
#include "gateway/state/proxy_state.h"
#include "test/fakes/fake_exchange.h"
#include "test/unit/gateway/endpoints/local_vcenter.h"
#include "test/unit/gateway/state/state_fixture.h"

#include <array>
#include <future>

namespace pcg::gateway {
namespace {

namespace json = codec::json;
using namespace std::chrono_literals;

class RemoteApiTest : public StateFixture {
  protected:
    RemoteApiTest() {
        EXPECT_TRUE(await(directory_.start()));
        EXPECT_TRUE(await(gate_.open({"tn_a", 1}, identity_)));
    }

    ~RemoteApiTest() override {
        await(directory_.stop());
        await(service_.stop(std::chrono::milliseconds(500)));
        await(audit_.flush());
    }

    template <class T>
    T await(net::Task<T> task) {
        return test::runToEnd(loop_, std::move(task));
    }

    void allow(bool endpoints, bool keys) { ASSERT_TRUE(await(gate_.set({endpoints, keys}))); }

    struct Answer {
        int status = 0;
        json::Object body;

        std::string text(std::string_view name) const {
            return body.optionalString(name, 100'000).value_or("").value_or("");
        }
    };

    static http::RequestHead head(const std::string& method, const std::string& target) {
        return {method, target, {{"Pcg-Actor", "alice"}}, {}};
    }

    Answer call(const std::string& method,
                const std::string& target,
                const std::string& body = {}) {
        test::FakeExchange exchange(head(method, target), body);
        return served(exchange);
    }

    Answer served(test::FakeExchange& exchange) {
        await(api_.serve(exchange));
        Answer answer{exchange.answer.status, {}};
        if (!exchange.answerBody.empty()) answer.body = *json::parseObject(exchange.answerBody);
        return answer;
    }

    // As a browser would: sealed to the key that the gateway published.
    json::Object sealed(const std::string& name, const std::string& address) {
        const auto octets = *codec::base64UrlDecode(gate_.sealing()->publicKey);
        crypto::PointBytes key{};
        std::copy(octets.begin(), octets.end(), key.begin());
        const pairing::PasswordCredentials given{
            address, Secret::fromText("root"), Secret::fromText("swordfish")};
        const auto box = pairing::sealCredentials(
            given.write(), key, {identity_.gatewayId(), name, "vcenter"}, random_);
        return json::Object()
            .set("sealed", codec::base64UrlEncode(*box))
            .set("key_id", pairing::sealingKeyId(key));
    }

    json::Object movedTo(const test::LocalVcenter& other, const test::Pem& shown) {
        const auto chain = *crypto::parsePemCertificates(shown.certificate);
        const auto pin = toHex(crypto::sha256(chain.front().der()));
        return json::Object()
            .set("address", other.url())
            .set("trust", json::Object().set("mode", "pin").set("sha256", pin))
            .set("credentials", sealed("vc1", other.url()));
    }

    json::Object endpoint(const std::string& sealedFor = "vc1") {
        return json::Object()
            .set("name", "vc1")
            .set("kind", "vcenter")
            .set("address", vcenter_.url() + "/")
            .set("trust", json::Object().set("mode", "ask"))
            .set("credentials", sealed(sealedFor, vcenter_.url()));
    }

    std::string addApproved() {
        const auto added = call("POST", "/v1/endpoints", json::write(endpoint()));
        EXPECT_EQ(added.status, 201) << added.text("detail");
        const auto shown = (*added.body.object("presented_certificate"))->string("sha256", 64);
        const auto one = "/v1/endpoints/" + added.text("id");
        EXPECT_EQ(
            call("POST", one + "/certificate", R"({"sha256":")" + *shown + "\"}").text("state"),
            "ok");
        return one;
    }

    net::Task<void> move(std::string target, std::string body, int& status) {
        test::FakeExchange exchange(head("PATCH", target), std::move(body));
        co_await api_.serve(exchange);
        status = exchange.answer.status;
    }

    // Setting a policy looks at it on the storage thread.
    void policy(const std::string& rest) {
        const auto set = await(policy_.set("{\"version\":1," + rest + "}"));
        ASSERT_TRUE(set) << set.error().message();
    }

    std::string nameOf(const std::string& one) {
        return directory_.find(one.substr(one.rfind('/') + 1))->record.name;
    }

    net::Task<void> pause() {
        const auto done = co_await policy_.pause("a drill");
        EXPECT_TRUE(done);
    }

    net::Task<void> forbid() {
        const auto done = co_await gate_.set({false, false});
        EXPECT_TRUE(done);
    }

    net::Loop loop_{1};
    Warnings warnings_{clock_};
    AuditTrail audit_{loop_, *state_, clock_};
    StoredCredentials credentials_{*state_};
    StoredAccessKeys keys_{*state_};
    RemoteApi* remote_ = nullptr;
    PolicyKeeper policy_{
        PolicyKeeper::Parts{.loop = loop_,
                            .state = *state_,
                            .audit = audit_,
                            .warnings = warnings_,
                            .clock = clock_,
                            .cut = [this](proxy::EndpointService::Cut, const Error& why) {
                                if (remote_ != nullptr) remote_->cut(why);
                            }}};
    proxy::EndpointService service_{proxy::Services{.loop = loop_,
                                                    .clock = clock_,
                                                    .random = random_,
                                                    .keys = keys_,
                                                    .vault = credentials_,
                                                    .policy = policy_,
                                                    .audit = audit_}};
    EndpointDirectory directory_{
        EndpointDirectory::Parts{.loop = loop_,
                                 .state = *state_,
                                 .service = service_,
                                 .warnings = warnings_,
                                 .audit = audit_,
                                 .random = random_,
                                 .clock = clock_,
                                 .scope = [] { return store::Scope{"tn_a", 1}; },
                                 .changed = nullptr}};
    GatewayKeys identity_ = test::orThrow(GatewayKeys::generate(random_));
    RemoteGate gate_{RemoteGate::Parts{*state_, audit_, {}, nullptr}};
    RemoteApi api_{RemoteApi::Parts{clock_, *state_, directory_, service_, audit_, gate_, policy_}};
    test::Pem shown_ = test::selfSigned();
    test::LocalVcenter vcenter_{loop_, shown_};
};

TEST_F(RemoteApiTest, WhatWasGrantedWithThePairingHoldsUntilPcgctlSaysOtherwise) {
    ASSERT_TRUE(await(gate_.open({"tn_b", 1}, identity_, RemoteAccess{true, false})));
    EXPECT_EQ(gate_.access(), (RemoteAccess{true, false}));
    ASSERT_TRUE(await(gate_.set({false, false})));
    ASSERT_TRUE(await(gate_.open({"tn_b", 1}, identity_, RemoteAccess{true, false})));
    EXPECT_EQ(gate_.access(), RemoteAccess{});
    ASSERT_TRUE(await(gate_.open({"tn_a", 1}, identity_)));
}

TEST_F(RemoteApiTest, NothingIsAllowedUntilTheDataCenterSaysSo) {
    for (const auto& [method, target] : std::vector<std::pair<std::string, std::string>>{
             {"POST", "/v1/endpoints"},
             {"PATCH", "/v1/endpoints/ep_00000000000000000000000001"},
             {"DELETE", "/v1/endpoints/ep_00000000000000000000000001"},
             {"POST", "/v1/endpoints/ep_00000000000000000000000001/certificate"},
             {"GET", "/v1/endpoints/ep_00000000000000000000000001/keys"},
             {"POST", "/v1/endpoints/ep_00000000000000000000000001/keys"},
             {"DELETE",
              "/v1/endpoints/ep_00000000000000000000000001/keys/ak_00000000000000000000000001"}}) {
        const auto answer = call(method, target, method == "GET" ? "" : "{}");
        EXPECT_EQ(answer.status, 403) << method << target;
        EXPECT_EQ(answer.text("code"), "gateway.not_allowed");
        EXPECT_NE(answer.text("detail").find("pcgctl remote allow"), std::string::npos);
    }
    allow(true, false);
    EXPECT_EQ(call("POST", "/v1/endpoints", json::write(endpoint())).status, 201);
    EXPECT_EQ(call("GET", "/v1/endpoints/ep_00000000000000000000000001/keys").status, 403);
    allow(false, false);
    EXPECT_EQ(call("POST", "/v1/endpoints", json::write(endpoint())).status, 403)
        << "and takes it back at once";
}

TEST_F(RemoteApiTest, AnEndpointIsAddedApprovedCheckedAndRemoved) {
    allow(true, true);
    const auto one = addApproved();
    EXPECT_EQ(vcenter_.logins, 1) << "with the credentials from the box";

    EXPECT_EQ(call("POST", one + "/check").text("state"), "ok");
    EXPECT_EQ(call("PATCH", one, R"({"name":"vc-new"})").text("name"), "vc-new");
    EXPECT_EQ(call("DELETE", one).status, 204);
    EXPECT_EQ(call("POST", one + "/check").status, 404);
    await(audit_.flush());
    const auto rows = *newestAuditRows(storage(), 50);
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [](const AuditRow& row) {
        return row.event == "remote.request" && row.data.find("alice") != std::string::npos &&
               row.data.find("endpoint.remove") != std::string::npos;
    }));
}

TEST_F(RemoteApiTest, ACheckLooksNowUnlessOneWasAskedForAMomentAgo) {
    allow(true, false);
    const auto one = addApproved();
    vcenter_.show(test::selfSigned());
    EXPECT_EQ(call("POST", one + "/check").text("state"), "certificate_changed")
        << "the approval before does not count";
    vcenter_.show(shown_);
    EXPECT_EQ(call("POST", one + "/check").text("state"), "certificate_changed");
    clock_.advance(2s);
    EXPECT_EQ(call("POST", one + "/check").text("state"), "ok");
}

TEST_F(RemoteApiTest, ABoxForAnotherNameAddressOrKeyIsRefusedByItsField) {
    allow(true, false);
    auto answer = call("POST", "/v1/endpoints", json::write(endpoint("vc2")));
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.text("field"), "credentials.sealed");

    auto body = endpoint();
    body.set("credentials", sealed("vc1", "https://evil.example"));
    answer = call("POST", "/v1/endpoints", json::write(body));
    EXPECT_EQ(answer.text("field"), "credentials.sealed");
    EXPECT_NE(answer.text("detail").find("another address"), std::string::npos);

    body.set("credentials", sealed("vc1", vcenter_.url()).set("key_id", "0000000000000000"));
    EXPECT_EQ(call("POST", "/v1/endpoints", json::write(body)).text("field"), "credentials.key_id");
    EXPECT_TRUE(directory_.list().empty()) << "nothing partial is kept";
}

TEST_F(RemoteApiTest, StoredCredentialsAreNeverSentToAnotherAddress) {
    allow(true, false);
    const auto one = addApproved();
    test::LocalVcenter other(loop_, test::selfSigned());

    auto answer = call("PATCH", one, R"({"address":")" + other.url() + "\"}");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.text("field"), "credentials");

    const auto body = json::Object()
                          .set("address", other.url())
                          .set("trust", json::Object().set("mode", "ask"))
                          .set("credentials", sealed("vc1", other.url()));
    answer = call("PATCH", one, json::write(body));
    EXPECT_EQ(answer.status, 200) << answer.text("detail");
    EXPECT_EQ(answer.text("state"), "untrusted");
    EXPECT_EQ(other.requests, 0);
}

// The body of the first request is held back until the second one is done.
TEST_F(RemoteApiTest, ABoxIsComparedWithTheAddressThatTheEndpointHasWhenTheBoxIsThere) {
    allow(true, false);
    const auto one = addApproved();
    const auto captured = json::Object().set("credentials", sealed("vc1", vcenter_.url()));
    const auto evilShows = test::selfSigned();
    test::LocalVcenter evil(loop_, evilShows);
    const auto elsewhere = json::write(movedTo(evil, evilShows));
    int moved = 0;
    test::FakeExchange late(head("PATCH", one), json::write(captured));
    late.beforeBody = [&]() -> net::Task<void> { return move(one, elsewhere, moved); };

    const auto answer = served(late);

    EXPECT_EQ(moved, 200);
    EXPECT_EQ(evil.logins, 1) << "with the credentials that came with the address";
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.text("field"), "credentials.sealed");
}

TEST_F(RemoteApiTest, ARightThatIsTakenBackIsGoneForARequestWhoseBodyIsStillOnItsWay) {
    allow(true, true);
    const auto one = addApproved();
    for (const auto& [method, target, body] : std::vector<std::array<std::string, 3>>{
             {"POST", one + "/keys", R"({"role":"full"})"},
             {"PATCH", one, R"({"name":"other"})"},
             {"POST", one + "/certificate", R"({"sha256":")" + std::string(64, 'a') + "\"}"},
             {"POST", "/v1/endpoints", json::write(endpoint())}}) {
        allow(true, true);
        test::FakeExchange late(head(method, target), body);
        late.beforeBody = [&]() -> net::Task<void> { return forbid(); };

        EXPECT_EQ(served(late).status, 403) << method << target;
    }
}

// Names are what a policy goes by: whoever could change what one means could leave it.
TEST_F(RemoteApiTest, AnEndpointThatThePolicyNamesKeepsItsNameAndItsPlace) {
    allow(true, true);
    const auto one = addApproved();
    const auto evilShows = test::selfSigned();
    test::LocalVcenter evil(loop_, evilShows);
    for (const auto* named :
         {R"("assign":[{"endpoint":"vc1","key_role":"full","role":"inventory"}])",
          R"("endpoints":{"vc1":{"ceiling":"inventory"}})",
          R"("endpoints":{"Vc1":{"ceiling":"inventory"}})"}) {
        policy(named);
        const auto refused = call("PATCH", one, R"({"name":"other"})");
        EXPECT_EQ(refused.status, 403) << named;
        EXPECT_EQ(refused.text("code"), "gateway.not_allowed");
        EXPECT_NE(refused.text("detail").find("pcgctl endpoint"), std::string::npos);
        EXPECT_EQ(call("PATCH", one, R"({"name":"VC1"})").text("name"), "vc1")
            << "is the same name";
        EXPECT_EQ(call("PATCH", one, json::write(movedTo(evil, evilShows))).status, 403);
        EXPECT_EQ(call("DELETE", one).status, 403);
        EXPECT_EQ(nameOf(one), "vc1");
    }
    EXPECT_EQ(evil.requests, 0);
    const auto same = json::Object().set("credentials", sealed("vc1", vcenter_.url()));
    EXPECT_EQ(call("PATCH", one, json::write(same)).status, 200) << "its credentials may change";
    EXPECT_EQ(call("POST", one + "/keys", R"({"role":"full"})").status, 201);
}

TEST_F(RemoteApiTest, NobodyTakesANameOrAPlaceThatThePolicyGivesToAnEndpoint) {
    allow(true, false);
    policy(R"("assign":[{"endpoint":"VC1","role":"full"},{"role":"inventory"}])");
    EXPECT_EQ(call("POST", "/v1/endpoints", json::write(endpoint())).status, 403);
    ASSERT_TRUE(await(policy_.remove()));
    const auto one = addApproved();
    policy(R"("endpoints":{"vc1":{"ceiling":"inventory"},"vc9":{"ceiling":"full"}})");
    // The same place under a name that nobody has heard of.
    auto beside = endpoint("beside");
    beside.set("name", "beside");
    EXPECT_EQ(call("POST", "/v1/endpoints", json::write(beside)).status, 403);
    policy(R"("endpoints":{"vc9":{"ceiling":"full"}})");
    EXPECT_EQ(call("PATCH", one, R"({"name":"VC9"})").status, 403);
    EXPECT_EQ(call("PATCH", one, R"({"name":"vc2"})").status, 200) << "nobody speaks of these two";
    EXPECT_EQ(call("POST", "/v1/endpoints", json::write(beside)).status, 201);
    EXPECT_EQ(call("DELETE", one).status, 204);
}

TEST_F(RemoteApiTest, NothingIsAdministeredWhileAllAccessIsPaused) {
    allow(true, true);
    const auto one = addApproved();
    ASSERT_TRUE(await(policy_.pause("a drill")));
    for (const auto& [method, target, body] :
         std::vector<std::array<std::string, 3>>{{"GET", "/v1/endpoints", ""},
                                                 {"PATCH", one, R"({"name":"other"})"},
                                                 {"DELETE", one, ""},
                                                 {"POST", one + "/check", ""},
                                                 {"GET", one + "/keys", ""},
                                                 {"POST", one + "/keys", R"({"role":"full"})"}}) {
        const auto answer = call(method, target, body);
        EXPECT_EQ(answer.status, 503) << method << target;
        EXPECT_EQ(answer.text("code"), "proxy.paused");
        EXPECT_EQ(answer.text("detail").find("drill"), std::string::npos);
    }
    ASSERT_TRUE(await(policy_.resume()));
    EXPECT_EQ(nameOf(one), "vc1");
    EXPECT_EQ(call("GET", "/v1/endpoints").status, 200);
}

TEST_F(RemoteApiTest, ThePauseReachesARequestWhoseBodyIsStillOnItsWay) {
    allow(true, true);
    const auto one = addApproved();
    remote_ = &api_;
    for (const auto& [method, target, body] : std::vector<std::array<std::string, 3>>{
             {"POST", one + "/keys", R"({"role":"full"})"},
             {"PATCH", one, R"({"name":"other"})"},
             {"POST", one + "/certificate", R"({"sha256":")" + std::string(64, 'a') + "\"}"}}) {
        test::FakeExchange late(head(method, target), body);
        late.beforeBody = [&]() -> net::Task<void> { return pause(); };
        EXPECT_EQ(served(late).status, 503) << method << target;
        EXPECT_FALSE(late.aborted.empty());
        ASSERT_TRUE(await(policy_.resume()));
    }
    EXPECT_EQ(nameOf(one), "vc1");
    EXPECT_TRUE((*call("GET", one + "/keys").body.array("items", 10))->empty());
    remote_ = nullptr;
}

TEST_F(RemoteApiTest, AnApprovalAsksOnceMoreAfterItsLookAtTheEndpoint) {
    allow(true, false);
    const auto added = call("POST", "/v1/endpoints", json::write(endpoint()));
    const auto shown = *(*added.body.object("presented_certificate"))->string("sha256", 64);
    const auto refused = await(directory_.approve(
        added.text("id"), shown, [] { return Result<>(fail(errc::kNotAllowed, "not any more")); }));
    EXPECT_TRUE(refused.error().is(errc::kNotAllowed));
    EXPECT_EQ(directory_.find(added.text("id"))->state, EndpointState::Untrusted);
}

TEST_F(RemoteApiTest, ARightThatIsTakenBackIsNotGivenByAnEarlierWordThatWasStillWritten) {
    allow(false, false);
    // The storage thread is busy: what is asked meanwhile waits in its order.
    std::promise<void> go;
    std::size_t done = 0;
    const auto count = [&](std::exception_ptr, Result<> kept) {
        EXPECT_TRUE(kept);
        ++done;
    };
    auto hold = [&](Storage) -> Result<> {
        go.get_future().wait();
        return {};
    };
    net::asio::co_spawn(loop_, state_->run(hold), count);
    net::asio::co_spawn(loop_, gate_.set({true, true}), count);
    net::asio::co_spawn(loop_, gate_.set({true, false}), count);
    loop_.restart();
    while (loop_.poll() > 0) {
    }
    EXPECT_EQ(gate_.access(), RemoteAccess{});
    go.set_value();
    while (done < 3) {
        loop_.run_one();
        EXPECT_FALSE(gate_.access().keys);
    }
    EXPECT_EQ(gate_.access(), (RemoteAccess{true, false}));
}

TEST_F(RemoteApiTest, ANameThatIsTakenIsAConflict) {
    allow(true, false);
    ASSERT_EQ(call("POST", "/v1/endpoints", json::write(endpoint())).status, 201);
    const auto again = call("POST", "/v1/endpoints", json::write(endpoint()));
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.text("field"), "name");
}

TEST_F(RemoteApiTest, AKeyIsShownOnceAndEndsWhenItIsRevoked) {
    allow(true, true);
    const auto one = addApproved();
    const auto minted = call("POST", one + "/keys", R"({"role":"inventory","label":"ci"})");
    ASSERT_EQ(minted.status, 201) << minted.text("detail");
    EXPECT_EQ(minted.text("password").size(), 52U);

    const auto listed = call("GET", one + "/keys");
    const auto* items = *listed.body.array("items", 10);
    ASSERT_EQ(items->size(), 1U);
    EXPECT_FALSE(items->front().asObject()->has("password"));
    EXPECT_EQ(*items->front().asObject()->string("label", 99), "ci");

    const auto foreign = "/v1/endpoints/ep_00000000000000000000000001/keys/" + minted.text("id");
    EXPECT_EQ(call("DELETE", foreign).status, 404);
    EXPECT_EQ(call("DELETE", one + "/keys/" + minted.text("id")).status, 204);
    EXPECT_TRUE((*call("GET", one + "/keys").body.array("items", 10))->empty());
}

TEST_F(RemoteApiTest, WhatIsNotJsonIsRefusedAndUnknownPathsAreNotFound) {
    allow(true, true);
    EXPECT_EQ(call("POST", "/v1/endpoints", "{").status, 400);
    EXPECT_EQ(call("POST", "/v1/endpoints", "[]").status, 400);
    EXPECT_EQ(call("GET", "/v1/status").status, 404) << "the control socket's API is another";
    EXPECT_EQ(call("PUT", "/v1/remote", R"({"endpoints":true})").status, 404);
}

TEST_F(RemoteApiTest, TheGateIsShutAfterThePairing) {
    allow(true, true);
    gate_.close();
    EXPECT_EQ(call("POST", "/v1/endpoints", "{}").status, 403);
    EXPECT_FALSE(gate_.sealing());
    const auto refused = await(gate_.set({true, true}));
    EXPECT_TRUE(refused.error().is(errc::kNotPaired));
}

}  // namespace
}  // namespace pcg::gateway
