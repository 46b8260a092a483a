// SPDX-License-Identifier: Apache-2.0
// One request to a MAAS through the whole of the endpoint, fakes on both sides.
#include "common/oauth/signature.h"
#include "test/unit/proxy/proxy_fixture.h"

namespace pcg::proxy::test {
namespace {

constexpr auto kApi = "/MAAS/api/2.0/";
constexpr auto kRealKey = "ck:tk";
constexpr auto kRealSecret = "realsecret";

class SigningKeys final : public AccessKeys {
  public:
    net::Task<Result<Principal>> verify(wire::EndpointId, wire::AccessKeyId, Secret) override {
        co_return fail(errc::kInvalidLogin, "not asked here");
    }

    net::Task<Result<Principal>> verifyBy(wire::EndpointId endpoint,
                                          wire::AccessKeyId key,
                                          std::shared_ptr<const Proof> proof) override {
        ++asked;
        if (key.text() != kKey || !proof->holds(Secret::fromText(kKeySecret))) {
            co_return fail(errc::kInvalidLogin, "no such key");
        }
        co_return Principal{std::move(key), std::move(endpoint), role, expires_at};
    }

    Role role = Role::Full;
    std::optional<WallTime> expires_at;
    int asked = 0;
};

class MaasVault final : public CredentialVault {
  public:
    net::Task<Result<Credential>> credentialFor(wire::EndpointId) override {
        co_return Credential{Secret::fromText(kRealKey), Secret::fromText(kRealSecret), authority};
    }

    std::string authority = "maas.example:5443";
};

class MaasPolicy final : public PolicySource {
  public:
    std::shared_ptr<const EndpointPolicy> policyFor(const wire::EndpointId&) override {
        return std::make_shared<const EndpointPolicy>(now);
    }

    EndpointPolicy now;
};

class MaasTest : public testing::Test {
  protected:
    MaasTest() {
        maas_->answer = [this](const Asked&) { return answer_; };
        answer_.body = "{}";
        EndpointConfig config{id_, "maas1", "maas.example:5443"};
        config.kind = EndpointKind::Maas;
        net::asio::co_spawn(loop_, service_.put(config, maas_), net::asio::detached);
        run();
    }

    void run() {
        loop_.restart();
        while (loop_.poll() > 0) {
        }
    }

    void await(net::Task<void> task) {
        net::asio::co_spawn(loop_, std::move(task), net::asio::detached);
        run();
    }

    std::int64_t now() const { return toUnixMilliseconds(clock_.wallNow()) / 1000; }

    // As a client signs it: `parameters` of query and form together.
    std::string signedBy(const std::string& method,
                         const std::string& path,
                         oauth::Parameters parameters,
                         const char* secret = kKeySecret,
                         bool hmac = true) {
        const auto nonce = "n" + std::to_string(++nonces_);
        const oauth::Parameters own{{"oauth_consumer_key", "pcg"},
                                    {"oauth_token", kKey},
                                    {"oauth_signature_method", hmac ? "HMAC-SHA1" : "PLAINTEXT"},
                                    {"oauth_timestamp", std::to_string(now() + shift_)},
                                    {"oauth_nonce", nonce}};
        parameters.insert(parameters.end(), own.begin(), own.end());
        const auto base =
            oauth::baseString(method, "https://ingress.example:8443" + path, parameters);
        const auto key = Secret::fromText(secret);
        std::string field = "OAuth realm=\"OAuth\"";
        for (const auto& one : own)
            field += ", " + one.name + "=\"" + oauth::percentEncode(one.value) + "\"";
        return field + ", oauth_signature=\"" +
               oauth::percentEncode(hmac ? oauth::hmacSha1(base, key) : "&" + std::string(secret)) +
               "\"";
    }

    std::unique_ptr<FakeExchange> ask(std::string method,
                                      std::string target,
                                      std::string authorization = {},
                                      std::string body = {},
                                      const char* type = "application/x-www-form-urlencoded") {
        http::RequestHead head;
        head.method = std::move(method);
        head.target = std::move(target);
        head.headers.add("Host", "ingress.example:8443");
        head.headers.add("Cookie", "sessionid=x");
        head.headers.add("X-Forwarded-For", "192.0.2.7");
        if (!authorization.empty()) head.headers.add("Authorization", std::move(authorization));
        if (!body.empty()) {
            head.headers.add("Content-Type", type);
            head.body = http::BodyFraming::ofLength(body.size());
        }
        auto exchange = std::make_unique<FakeExchange>(loop_, std::move(head), std::move(body));
        net::asio::co_spawn(
            loop_, service_.serve(*exchange, id_, "0123456789abcdef"), net::asio::detached);
        run();
        return exchange;
    }

    std::unique_ptr<FakeExchange> plain(std::string method,
                                        const std::string& below,
                                        std::string body = {}) {
        return ask(std::move(method),
                   kApi + below,
                   signedBy("", "", {}, kKeySecret, false),
                   std::move(body));
    }

    pcg::test::LogCapture log_;
    net::Loop loop_;
    pcg::test::FakeClock clock_;
    pcg::test::SeededRandom random_;
    SigningKeys keys_;
    MaasVault vault_;
    MaasPolicy policy_;
    RecordingAudit audit_;
    wire::EndpointId id_ = wire::newId<wire::EndpointId>(random_);
    std::shared_ptr<FakeVcenter> maas_ = std::make_shared<FakeVcenter>(loop_);
    Answer answer_;
    EndpointService service_{{loop_, clock_, random_, keys_, vault_, policy_, audit_}};
    int nonces_ = 0;
    std::int64_t shift_ = 0;
};

TEST_F(MaasTest, AGoodSignatureIsReplacedByOneWithTheRealKey) {
    const auto path = std::string(kApi) + "machines/";
    const auto seen =
        ask("GET", path + "?hostname=a%20b", signedBy("GET", path, {{"hostname", "a b"}}));

    EXPECT_EQ(seen->response.status, 200);
    ASSERT_EQ(maas_->asked.size(), 1u);
    const auto& sent = maas_->asked.front()->head;
    EXPECT_EQ(sent.target, path + "?hostname=a%20b");
    const auto shown = oauth::Authorization::parse(*sent.headers.find("Authorization"));
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->consumer, "ck");
    EXPECT_EQ(shown->token, "tk");
    EXPECT_EQ(shown->signature.revealText(), "&realsecret");
    EXPECT_EQ(*sent.headers.find("Host"), "maas.example:5443");
    EXPECT_EQ(sent.headers.find("Cookie"), nullptr);
    EXPECT_EQ(sent.headers.find("X-Forwarded-For"), nullptr);
    EXPECT_EQ(audit_.records.front().access_key, kKey);
}

TEST_F(MaasTest, ATamperedQueryOrFormIsNobodys) {
    const auto path = std::string(kApi) + "machines/";
    const auto field = signedBy("GET", path, {{"hostname", "a"}});
    const auto seen = ask("GET", path + "?hostname=b", field);
    EXPECT_EQ(seen->response.status, 401);
    EXPECT_EQ(seen->body, "Authorization Error: Invalid API key.");
    EXPECT_EQ(ask("POST", path, signedBy("POST", path, {{"op", "allocate"}}), "op=release")
                  ->response.status,
              401);
    EXPECT_EQ(ask("POST", path, signedBy("POST", path, {{"op", "allocate"}}), "op=allocate")
                  ->response.status,
              200);
    EXPECT_EQ(maas_->asked.size(), 1u);
}

TEST_F(MaasTest, WithoutOrWithABadAuthorizationNothingIsSent) {
    EXPECT_EQ(ask("GET", std::string(kApi) + "machines/")->body, "Forbidden");
    EXPECT_EQ(ask("GET", std::string(kApi) + "machines/", "OAuth x")->response.status, 401);
    const auto wrong =
        ask("GET", std::string(kApi) + "machines/", signedBy("", "", {}, "wrong", false));
    EXPECT_EQ(wrong->response.status, 401);
    EXPECT_EQ(wrong->body.find(kKeySecret), std::string::npos);
    EXPECT_TRUE(maas_->asked.empty());
}

// Between the moment when a change is stored and the one when it runs.
TEST_F(MaasTest, AKeyThatIsForAnotherAddressIsNotSent) {
    vault_.authority = "another.example:5443";

    const auto exchange = plain("GET", "machines/");

    EXPECT_EQ(exchange->response.status, 503);
    EXPECT_TRUE(maas_->asked.empty());
}

TEST_F(MaasTest, ARequestIsTakenOnceAndForFiveMinutes) {
    const auto field = signedBy("", "", {}, kKeySecret, false);
    EXPECT_EQ(ask("GET", std::string(kApi) + "machines/", field)->response.status, 200);
    const auto again = ask("GET", std::string(kApi) + "machines/", field);
    EXPECT_EQ(again->response.status, 401);
    EXPECT_NE(again->body.find("Nonce already used"), std::string::npos);
    shift_ = -301;
    EXPECT_NE(plain("GET", "machines/")->body.find("Expired timestamp"), std::string::npos);
    shift_ = -299;
    EXPECT_EQ(plain("GET", "machines/")->response.status, 200);
    shift_ = 3600;
    EXPECT_EQ(plain("GET", "machines/")->response.status, 200);
}

TEST_F(MaasTest, OfSeveralAuthorizationsTheLastCounts) {
    const auto used = signedBy("", "", {}, kKeySecret, false);
    EXPECT_EQ(ask("GET", std::string(kApi) + "machines/", used)->response.status, 200);
    http::RequestHead head;
    head.method = "GET";
    head.target = std::string(kApi) + "machines/";
    head.headers.add("Host", "ingress.example:8443");
    head.headers.add("Authorization", used);
    head.headers.add("Authorization", signedBy("", "", {}, kKeySecret, false));
    FakeExchange exchange(loop_, std::move(head));
    net::asio::co_spawn(
        loop_, service_.serve(exchange, id_, "0123456789abcdef"), net::asio::detached);
    run();
    EXPECT_EQ(exchange.response.status, 200) << "gomaasapi asks again like this";
    EXPECT_EQ(maas_->asked.back()->head.headers.count("Authorization"), 1u);
}

TEST_F(MaasTest, ARefusedStoredKeyIsAnErrorOfTheGatewayAndItsTextIsNeverRead) {
    answer_.status = 401;
    answer_.body =
        "Authorization Error: 'Invalid signature. Expected signature base string: &realsecret'";

    const auto seen = plain("GET", "machines/");

    EXPECT_EQ(seen->response.status, 503);
    EXPECT_EQ(*seen->response.headers.find("Pcg-Outcome"), "not-dispatched");
    EXPECT_EQ(seen->response.headers.find("Retry-After"), nullptr);
    EXPECT_EQ(seen->body.find(kRealSecret), std::string::npos);
    EXPECT_EQ(log_.contains(kRealSecret), false);
    EXPECT_TRUE(maas_->asked.front()->cancelled);
}

TEST_F(MaasTest, ErrorsPassOctetForOctetUnlessTheyHoldTheSecret) {
    answer_.status = 409;
    answer_.body = "No available machine matches constraints: [('x', ['1'])]";
    EXPECT_EQ(plain("POST", "machines/?op=allocate")->body, answer_.body);
    answer_.status = 403;
    answer_.body = "";
    EXPECT_EQ(plain("POST", "machines/x/?op=release")->response.status, 403);
    answer_.body = "it was realsecret";
    EXPECT_EQ(plain("POST", "machines/x/?op=release")->body.find(kRealSecret), std::string::npos);
}

TEST_F(MaasTest, RolesAreAskedForTheOperationWhereverItStands) {
    keys_.role = Role::Inventory;
    EXPECT_EQ(plain("GET", "machines/x/")->response.status, 200);
    EXPECT_EQ(plain("POST", "machines/x/?op=deploy")->response.status, 403);
    EXPECT_EQ(plain("POST", "machines/x/", "op=deploy")->response.status, 403);
    EXPECT_EQ(plain("POST", "machines/x/op-deploy")->response.status, 403);
    EXPECT_EQ(plain("POST", "machines/x/?op=release", "op=deploy")->response.status, 400);
    EXPECT_EQ(plain("POST", "machines/x/?op=nosuch")->body,
              "Unrecognised signature: method=POST op=nosuch");
    EXPECT_EQ(plain("GET", "machines")->body, "Unknown API endpoint: /MAAS/api/2.0/machines.");
    EXPECT_EQ(*plain("DELETE", "machines/")->response.headers.find("Allow"), "GET, POST");
    EXPECT_EQ(maas_->asked.size(), 1u);
}

TEST_F(MaasTest, SomebodyElsesIdentityInQueryOrFormIsLeftBehind) {
    EXPECT_EQ(
        plain("POST", "machines/?op=allocate&oauth_token=evil", "mem=1&oauth_consumer_key=evil")
            ->response.status,
        200);

    const auto& sent = *maas_->asked.front();
    EXPECT_EQ(sent.head.target, "/MAAS/api/2.0/machines/?op=allocate");
    EXPECT_EQ(sent.body, "mem=1");
    EXPECT_EQ(sent.head.body.length, 5u);
}

TEST_F(MaasTest, TheRecordOfADeploymentHasTheHashOfItsUserDataOnly) {
    plain("POST", "machines/x/?op=deploy", "user_data=aGVsbG8%3D");

    const auto& record = audit_.records.front();
    EXPECT_EQ(record.method, "POST deploy");
    EXPECT_EQ(record.object, "machines/x/");
    EXPECT_NE(record.detail.find("user_data sha256 "), std::string::npos);
    EXPECT_EQ(record.detail.find("aGVsbG8"), std::string::npos);
}

TEST_F(MaasTest, AnUploadStreamsAndIsNeverSentTwice) {
    const std::string chunk(200'000, 'x');
    const auto upload = [&] {
        return ask("PUT",
                   std::string(kApi) + "boot-resources/7/upload/9/",
                   signedBy("", "", {}, kKeySecret, false),
                   chunk,
                   "application/octet-stream");
    };
    answer_.body = "OK";
    EXPECT_EQ(upload()->body, "OK");
    EXPECT_EQ(maas_->asked.back()->body, chunk);

    answer_.breaks = true;
    EXPECT_EQ(upload()->response.status, 504);
    EXPECT_EQ(maas_->asked.size(), 2u) << "not once more";
}

// A request in line and an upload in the middle have neither session nor lease.
class MaasRunning : public MaasTest {
  protected:
    MaasRunning() {
        answer_.never = true;
        uploading_->keepOpen();
        net::asio::co_spawn(
            loop_, service_.serve(*uploading_, id_, "0123456789abcdef"), net::asio::detached);
        uploading_->add("octets");
        for (std::size_t i = 1; i < maas::kRequestsAtOnce; ++i)
            clients_.push_back(plain("GET", "machines/"));
        waiting_ = plain("POST", "machines/?op=allocate", "pool=pcg");
    }

    ~MaasRunning() override {
        for (const auto& client : clients_) client->goAway();
        waiting_->goAway();
        uploading_->goAway();
        run();
    }

    http::RequestHead upload() {
        http::RequestHead head;
        head.method = "PUT";
        head.target = std::string(kApi) + "boot-resources/7/upload/9/";
        head.headers.add("Host", "ingress.example:8443");
        head.headers.add("Authorization", signedBy("", "", {}, kKeySecret, false));
        head.headers.add("Content-Type", "application/octet-stream");
        head.body = http::BodyFraming::ofLength(1000);
        return head;
    }

    std::vector<std::unique_ptr<FakeExchange>> clients_;
    std::unique_ptr<FakeExchange> uploading_ = std::make_unique<FakeExchange>(loop_, upload());
    std::unique_ptr<FakeExchange> waiting_;
};

TEST_F(MaasRunning, EndsWithItsKeyInLineAndInTheMiddle) {
    await(service_.dropKey(*wire::parseAccessKeyId("ak_00000000000000000000000002")));
    EXPECT_EQ(maas_->asked.front()->body, "octets");
    EXPECT_FALSE(waiting_->aborted || uploading_->aborted);
    await(service_.dropKey(*wire::parseAccessKeyId(kKey)));
    EXPECT_TRUE(waiting_->aborted && uploading_->aborted);
    EXPECT_TRUE(maas_->asked.front()->cancelled);
    EXPECT_EQ(maas_->asked.size(), maas::kRequestsAtOnce) << "there is room, and nobody waits";
    EXPECT_EQ(audit_.records.back().decision, "proxy.invalid_login");
}

TEST_F(MaasRunning, IsJudgedByAnotherPolicyInLineAndInTheMiddle) {
    service_.judgeRunning();
    EXPECT_FALSE(waiting_->aborted || uploading_->aborted);
    policy_.now.ceiling = Role::Inventory;
    service_.judgeRunning();
    run();
    EXPECT_TRUE(waiting_->aborted && uploading_->aborted);
    EXPECT_FALSE(clients_.back()->aborted) << "reading is open to inventory";
    EXPECT_EQ(maas_->asked.size(), maas::kRequestsAtOnce);
}

TEST_F(MaasTest, AnUploadIsCutInTheMiddleWhenItsKeyExpires) {
    answer_.never = true;
    keys_.expires_at = clock_.wallNow() + std::chrono::seconds(60);
    const auto uploading = ask("PUT",
                               std::string(kApi) + "boot-resources/7/upload/9/",
                               signedBy("", "", {}, kKeySecret, false),
                               "octets",
                               "application/octet-stream");
    EXPECT_EQ(maas_->asked.back()->body, "octets");
    clock_.advance(std::chrono::seconds(60));
    service_.cutWhatIsOver();
    run();
    EXPECT_TRUE(uploading->aborted);
    EXPECT_TRUE(maas_->asked.back()->cancelled);
}

TEST_F(MaasTest, WhatIsOpenToAllGoesWithoutAnyKey) {
    answer_.body = R"({"resources":[{"uri":"https://maas.example:5443/MAAS/api/2.0/tags/"}]})";
    const auto seen = ask("GET", std::string(kApi) + "describe/", "OAuth whatever");
    EXPECT_EQ(seen->body,
              R"({"resources":[{"uri":"https://ingress.example:8443/MAAS/api/2.0/tags/"}]})");
    EXPECT_EQ(maas_->asked.front()->head.headers.find("Authorization"), nullptr);
    EXPECT_EQ(ask("POST", std::string(kApi) + "describe/")->response.status, 405);
    EXPECT_EQ(ask("GET", "/MAAS/api/1.0/nodes/")->response.status, 410);
    EXPECT_EQ(ask("GET", "/MAAS/a/v3/machines")->response.status, 403);
    EXPECT_EQ(maas_->asked.size(), 1u);
}

TEST_F(MaasTest, ARetryAfterOfMaassPassesAndTheGatewayAddsNone) {
    answer_.status = 503;
    EXPECT_EQ(plain("GET", "machines/")->response.headers.find("Retry-After"), nullptr);
    answer_.headers.add("Retry-After", "10");
    EXPECT_EQ(*plain("GET", "machines/")->response.headers.find("Retry-After"), "10");
}

}  // namespace
}  // namespace pcg::proxy::test
