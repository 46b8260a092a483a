// SPDX-License-Identifier: Apache-2.0
// Endpoints and keys through the API, with a gateway made of strings at the other end.
#include "test/support/vectors.h"
#include "test/unit/controlplane/rest/api_fixture.h"

namespace pcg::controlplane {
namespace {

constexpr auto kEndpoint = "ep_00000000000000000000000001";

class EndpointsRest : public RestApi {
  protected:
    EndpointsRest() : token_(makeTenant("acme")), gateway_(makeGateway("dc1")) {
        live_.online.insert(gateway_);
        all_ = "/api/v1/gateways/" + gateway_ + "/endpoints";
        one_ = all_ + "/" + kEndpoint;
        report(kEndpoint, "vc1");
    }

    // As if the gateway had listed it.
    void report(const std::string& id, const std::string& name, const std::string& state = "ok") {
        const auto scope =
            makePlatformAuthorityForTest().scopeOf(*wire::parseTenantId(lifecycle_.created.back()));
        const auto gateway = *wire::parseGatewayId(gateway_);
        const ReportedEndpoint endpoint{
            *wire::parseEndpointId(id), name, "vcenter", state, state == "ok" ? "" : "Why."};
        EXPECT_TRUE(store_.post([=](store::Database& database) {
            return Gateways(database).report(scope, gateway, {endpoint});
        }));
    }

    static json::Object described(const std::string& name = "vc1",
                                  const std::string& state = "ok") {
        return json::Object()
            .set("id", kEndpoint)
            .set("name", name)
            .set("kind", "vcenter")
            .set("state", state)
            .set("why", "")
            .set("target", "vc.example:443")
            .set("certificate", nullptr)
            .set("presented_certificate",
                 json::Object()
                     .set("sha256", std::string(64, 'a'))
                     .set("subject", "CN=vc")
                     .set("issuer", "CN=ca")
                     .set("not_before", "n")
                     .set("not_after", "m"));
    }

    static json::Object problem(const std::string& code,
                                const std::string& detail,
                                const std::string& field = {}) {
        json::Object body;
        body.set("code", code).set("detail", detail);
        if (!field.empty()) body.set("field", field);
        return body;
    }

    static json::Object good() {
        return json::Object()
            .set("name", "VC1")
            .set("kind", "vcenter")
            .set("address", " https://VC.example/ui/ ")
            .set("trust", json::Object().set("mode", "ask"))
            .set("credentials", json::Object().set("sealed", "AAAA").set("key_id", "01"));
    }

    // The field that a POST with this member is refused for; the gateway must not be asked.
    std::string refusedField(std::string_view member, json::Value value) {
        auto body = good();
        body.set(member, std::move(value));
        const auto refused = call("POST", all_, token_, json::write(body));
        EXPECT_EQ(refused.answer.status, 400) << refused.answerBody;
        EXPECT_TRUE(calls_.asked.empty());
        return textOf(bodyOf(refused), "field");
    }

    std::string token_;
    std::string gateway_;
    std::string all_;
    std::string one_;
};

TEST_F(EndpointsRest, WhatWasPastedReachesTheGatewayNormalised) {
    calls_.answer = GatewayAnswer{201, described()};
    const auto made = call("POST", all_, token_, json::write(good()));

    ASSERT_EQ(made.answer.status, 201) << made.answerBody;
    ASSERT_EQ(calls_.asked.size(), 1U);
    const auto& asked = calls_.asked.front();
    EXPECT_EQ(asked.method + " " + asked.target, "POST /v1/endpoints");
    EXPECT_EQ(textOf(asked.body, "name"), "vc1");
    EXPECT_EQ(textOf(asked.body, "address"), "vc.example");
    EXPECT_EQ(asked.actor, "user root");
    const auto body = bodyOf(made);
    EXPECT_EQ(textOf(body, "target"), "vc.example:443");
    EXPECT_EQ(textOf(**body.object("presented_certificate"), "subject"), "CN=vc");
    EXPECT_FALSE(headerOf(made, "ETag").empty());
}

TEST_F(EndpointsRest, EachFieldIsCheckedBeforeTheGatewayIsAsked) {
    EXPECT_EQ(refusedField("name", "a b"), "name");
    EXPECT_EQ(refusedField("name", std::string(10'000, 'a')), "name");
    EXPECT_EQ(refusedField("address", "http://vc"), "address");
    EXPECT_EQ(refusedField("address", "https://u:p@vc"), "address");
    EXPECT_EQ(refusedField("trust", json::Object().set("mode", "yes")), "trust.mode");
    EXPECT_EQ(refusedField("trust", json::Object().set("mode", "pin").set("sha256", "ab")),
              "trust.sha256");
    EXPECT_EQ(refusedField("trust", json::Object().set("mode", "ca").set("ca_pem", "x")),
              "trust.ca_pem");
    EXPECT_EQ(refusedField("credentials", json::Object().set("sealed", "+").set("key_id", "1")),
              "credentials.sealed");
    EXPECT_EQ(refusedField("password", "never in clear"), "password");
}

TEST_F(EndpointsRest, WhatTheGatewayRefusesIsPassedOnInItsWords) {
    calls_.answer = GatewayAnswer{
        403, problem("gateway.not_allowed", "The data center ... pcgctl remote allow endpoints.")};
    auto refused = call("POST", all_, token_, json::write(good()));
    EXPECT_EQ(refused.answer.status, 403);
    EXPECT_EQ(codeOf(refused), "gateway.not_allowed");
    EXPECT_NE(refused.answerBody.find("pcgctl remote allow"), std::string::npos);

    calls_.answer = GatewayAnswer{409, problem("gateway.name_taken", "Taken.", "name")};
    refused = call("POST", all_, token_, json::write(good()));
    EXPECT_EQ(refused.answer.status, 409);
    EXPECT_EQ(textOf(bodyOf(refused), "field"), "name");

    calls_.answer = GatewayAnswer{400, problem("gateway.bad_field", "No.", "credentials.sealed")};
    refused = call("POST", all_, token_, json::write(good()));
    EXPECT_EQ(refused.answer.status, 400);
    EXPECT_EQ(codeOf(refused), "api.field");
    EXPECT_EQ(textOf(bodyOf(refused), "field"), "credentials.sealed");
}

TEST_F(EndpointsRest, AGatewayThatIsOffOrSilentIsNamedTruthfully) {
    calls_.answer = fail(kGatewayOffline, "Nothing was done.");
    auto refused = call("POST", one_ + "/check", token_, "{}");
    EXPECT_EQ(refused.answer.status, 503);
    EXPECT_EQ(codeOf(refused), "gateway.offline");

    calls_.answer = fail(kGatewaySilent, "It may have been done.");
    refused = call("POST", one_ + "/check", token_, "{}");
    EXPECT_EQ(refused.answer.status, 504);
    EXPECT_EQ(codeOf(refused), "gateway.no_answer");
}

TEST_F(EndpointsRest, AnApprovalNamesTheCertificate) {
    calls_.answer = GatewayAnswer{200, described()};
    const auto sha = std::string(64, 'A');
    const auto approved =
        call("POST", one_ + "/certificate", token_, R"({"sha256":")" + sha + "\"}");

    EXPECT_EQ(approved.answer.status, 200) << approved.answerBody;
    EXPECT_EQ(calls_.asked.front().target,
              std::string("/v1/endpoints/") + kEndpoint + "/certificate");
    EXPECT_EQ(textOf(calls_.asked.front().body, "sha256"), std::string(64, 'a'));
    EXPECT_EQ(call("POST", one_ + "/certificate", token_, R"({"sha256":"ab"})").answer.status, 400);
}

TEST_F(EndpointsRest, AChangeNeedsTheVersionThatItWasMadeFor) {
    calls_.answer = GatewayAnswer{200, described("vc2")};
    const auto seen = headerOf(call("GET", one_, token_), "ETag");
    report(kEndpoint, "renamed-meanwhile");

    const auto stale = call("PATCH", one_, token_, R"({"name":"vc2"})", {{"If-Match", seen}});
    EXPECT_EQ(stale.answer.status, 412);
    EXPECT_TRUE(calls_.asked.empty());
    EXPECT_EQ(call("PATCH", one_, token_, R"({"name":"vc2"})").answer.status, 200);
    EXPECT_EQ(call("PATCH", one_, token_, "{}").answer.status, 400);
}

TEST_F(EndpointsRest, AnEndpointOfSomebodyElseIsNotThere) {
    const auto stranger = makeTenant("umbra");
    for (const auto& [method, path] :
         std::vector<std::pair<std::string, std::string>>{{"GET", one_},
                                                          {"PATCH", one_},
                                                          {"DELETE", one_},
                                                          {"POST", one_ + "/check"},
                                                          {"GET", one_ + "/keys"},
                                                          {"POST", one_ + "/keys"}}) {
        const auto body = method == "GET" || method == "DELETE" ? ""
                          : path.ends_with("keys")              ? R"({"role":"full"})"
                          : method == "PATCH"                   ? R"({"name":"x"})"
                                                                : "{}";
        const auto refused = call(method, path, stranger, body);
        EXPECT_EQ(refused.answer.status, 404) << method << path << refused.answerBody;
    }
    EXPECT_TRUE(calls_.asked.empty());
    EXPECT_EQ(call("GET", all_ + "/ep_00000000000000000000000002", token_).answer.status, 404);
    EXPECT_EQ(call("GET", all_ + "/nonsense", token_).answer.status, 404);
}

TEST_F(EndpointsRest, AKeysPasswordIsShownOnceAndNotKept) {
    json::Object key;
    key.set("id", "ak_00000000000000000000000001")
        .set("label", "ci")
        .set("role", "deploy")
        .set("created_at", "t")
        .set("username", "ak_00000000000000000000000001")
        .set("password", "canary-4711-password");
    calls_.answer = GatewayAnswer{201, key};
    const auto made = call("POST",
                           one_ + "/keys",
                           token_,
                           R"({"role":"deploy","label":"ci"})",
                           {{"Idempotency-Key", "k1"}});
    ASSERT_EQ(made.answer.status, 201) << made.answerBody;
    EXPECT_EQ(textOf(bodyOf(made), "password"), "canary-4711-password");

    const auto again = call("POST",
                            one_ + "/keys",
                            token_,
                            R"({"role":"deploy","label":"ci"})",
                            {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(again.answerBody, made.answerBody);
    EXPECT_EQ(calls_.asked.size(), 1U) << "one key, not two";
    store_.stop();
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
        EXPECT_EQ(test::readFile(entry.path()).find("canary-4711"), std::string::npos)
            << entry.path();
    }
}

TEST_F(EndpointsRest, KeysAreListedInPages) {
    json::Array items;
    for (const char digit : {'3', '1', '2'}) {
        items.push_back(json::Object()
                            .set("id", "ak_0000000000000000000000000" + std::string(1, digit))
                            .set("role", "full")
                            .set("label", "")
                            .set("created_at", "t")
                            .set("password", "must not pass"));
    }
    calls_.answer = GatewayAnswer{200, json::Object().set("items", std::move(items))};
    const auto first = bodyOf(call("GET", one_ + "/keys?limit=2", token_));
    const auto* page = *first.array("items", 10);
    ASSERT_EQ(page->size(), 2U);
    EXPECT_TRUE(textOf(*page->front().asObject(), "id").ends_with("1"));
    EXPECT_FALSE(page->front().asObject()->has("password"));
    const auto rest =
        call("GET", one_ + "/keys?limit=2&cursor=" + textOf(first, "next_cursor"), token_);
    EXPECT_EQ((*bodyOf(rest).array("items", 10))->size(), 1U) << rest.answerBody;
}

TEST_F(EndpointsRest, AGatewayShowsItsLayersAndWhatItsDataCenterAllows) {
    live_.remote = {true, false};
    report(kEndpoint, "vc1", "certificate_changed");
    const auto body = bodyOf(call("GET", "/api/v1/gateways/" + gateway_, token_));

    EXPECT_TRUE(*(*body.object("remote"))->boolean("endpoints"));
    EXPECT_TRUE(body.find("sealing")->isNull());
    const auto* layers = *body.array("layers", 10);
    ASSERT_EQ(layers->size(), 4U);
    const auto& last = *layers->back().asObject();
    EXPECT_EQ(textOf(last, "name"), "endpoint vc1");
    EXPECT_EQ(textOf(last, "state"), "failed");
    EXPECT_NE(textOf(last, "next_step").find("SHA-256"), std::string::npos);
    live_.online.clear();
    const auto off = bodyOf(call("GET", "/api/v1/gateways/" + gateway_, token_));
    EXPECT_EQ(textOf(*(**off.array("layers", 10))[1].asObject(), "state"), "failed");
}

TEST_F(EndpointsRest, ASealingKeyThatTheDeviceDidNotSignIsNotShown) {
    const auto vectors = test::loadVectors("sealed_credentials.json");
    live_.sealing = LiveSealing{test::textOf(vectors, "sealing_public_base64url"),
                                test::textOf(vectors, "key_signature_base64url")};
    // The gateway of the fixture is another device.
    EXPECT_TRUE(
        bodyOf(call("GET", "/api/v1/gateways/" + gateway_, token_)).find("sealing")->isNull());
}

}  // namespace
}  // namespace pcg::controlplane
