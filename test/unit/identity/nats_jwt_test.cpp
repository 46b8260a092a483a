// SPDX-License-Identifier: Apache-2.0
#include "common/identity/nats_jwt.h"

#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::identity {
namespace {

namespace json = codec::json;

std::string partOf(const std::string& token, std::size_t index) {
    return std::string(asText(codec::base64UrlDecode(split(token, '.')[index]).value()));
}

json::Object payloadOf(const std::string& token) {
    return json::parseObject(partOf(token, 1)).value();
}

json::Object natsOf(const std::string& token) { return **payloadOf(token).object("nats"); }

class NatsJwtTest : public testing::Test {
  protected:
    AccountClaims accountClaims() const {
        AccountClaims claims{.subject = account_.publicKey(),
                             .name = "T-acme",
                             .limits = {10, 128, 1048576},
                             .scopes = {},
                             .revokedUsers = {},
                             .allRevokedUntil = std::nullopt};
        claims.scopes.push_back({.signingKey = signing_.publicKey(),
                                 .role = "gateway",
                                 .publish = {"pcg.v1.{{subject()}}.evt.>"},
                                 .subscribe = {"pcg.v1.{{subject()}}.rpc.>"},
                                 .subscriptions = 32,
                                 .maxPayload = 1048576});
        return claims;
    }

    test::SeededRandom random_;
    WallTime now_ = test::FakeClock().wallNow();
    OperatorKeyPair operator_ = OperatorKeyPair::generate(random_).value();
    OperatorKeyPair operatorSigning_ = OperatorKeyPair::generate(random_).value();
    AccountKeyPair account_ = AccountKeyPair::generate(random_).value();
    AccountKeyPair signing_ = AccountKeyPair::generate(random_).value();
    UserKeyPair user_ = UserKeyPair::generate(random_).value();
};

TEST_F(NatsJwtTest, TheHeaderIsExactlyTheOneThatTheServerKnows) {
    const auto token = makeAccountJwt(operator_, accountClaims(), now_).value();
    EXPECT_EQ(partOf(token, 0), R"({"typ":"JWT","alg":"ed25519-nkey"})");
}

TEST_F(NatsJwtTest, TheSignatureIsTheIssuersOverTheTwoParts) {
    const auto token = makeAccountJwt(operatorSigning_, accountClaims(), now_).value();
    const auto end = token.rfind('.');
    const auto signature = codec::base64UrlDecode(token.substr(end + 1)).value();
    EXPECT_TRUE(crypto::verifyEd25519(
        operatorSigning_.publicKey().raw(), asBytes(token.substr(0, end)), signature));
    EXPECT_EQ(payloadOf(token).string("iss", 60).value(), operatorSigning_.publicKey().text());
}

TEST_F(NatsJwtTest, TheOperatorDemandsSigningKeys) {
    const auto token =
        makeOperatorJwt(
            operator_, {"PCG", {operatorSigning_.publicKey()}, account_.publicKey()}, now_)
            .value();
    EXPECT_EQ(json::write(natsOf(token)),
              R"({"signing_keys":[")" + operatorSigning_.publicKey().text() +
                  R"("],"system_account":")" + account_.publicKey().text() +
                  R"(","strict_signing_key_usage":true,"type":"operator","version":2})");
    EXPECT_EQ(payloadOf(token).string("sub", 60).value(),
              payloadOf(token).string("iss", 60).value());
}

TEST_F(NatsJwtTest, TheAccountCarriesLimitsAndScopesAndNothingElse) {
    EXPECT_EQ(
        json::write(natsOf(makeAccountJwt(operator_, accountClaims(), now_).value())),
        R"({"limits":{"subs":128,"data":-1,"payload":1048576,"disallow_bearer":true,"conn":10},)"
        R"("signing_keys":[{"kind":"user_scope","key":")" +
            signing_.publicKey().text() +
            R"(","role":"gateway","template":{"pub":{"allow":["pcg.v1.{{subject()}}.evt.>"]},)"
            R"("sub":{"allow":["pcg.v1.{{subject()}}.rpc.>"]},"subs":32,"data":-1,"payload":1048576,)"
            R"("allowed_connection_types":["STANDARD","WEBSOCKET"]}}],)"
            R"("default_permissions":{"pub":{},"sub":{}},"type":"account","version":2})");
}

TEST_F(NatsJwtTest, AScopeWithoutSubjectsAllowsNothingInsteadOfEverything) {
    auto claims = accountClaims();
    claims.scopes.front().publish.clear();
    const auto nats = natsOf(makeAccountJwt(operator_, claims, now_).value());
    const auto text = json::write(nats);
    EXPECT_NE(text.find(R"("pub":{"allow":["pcg.v1.none"]})"), std::string::npos) << text;
}

TEST_F(NatsJwtTest, RevocationsNameTheUserAndTheSecond) {
    auto claims = accountClaims();
    claims.revokedUsers[user_.publicKey()] = 1795290321;
    claims.allRevokedUntil = 1795290000;
    const auto nats = natsOf(makeAccountJwt(operator_, claims, now_).value());
    EXPECT_EQ(json::write(**nats.object("revocations")),
              R"({"*":1795290000,")" + user_.publicKey().text() + R"(":1795290321})");
}

TEST_F(NatsJwtTest, AUserTokenBringsNoPermissionsOfItsOwn) {
    const auto token =
        makeUserJwt(signing_,
                    {user_.publicKey(), "gw", account_.publicKey(), now_ + std::chrono::hours{24}},
                    now_)
            .value();
    EXPECT_EQ(json::write(natsOf(token)),
              R"({"pub":{},"sub":{},"issuer_account":")" + account_.publicKey().text() +
                  R"(","type":"user","version":2})");
    EXPECT_EQ(payloadOf(token).integer("exp").value(), toUnixSeconds(now_) + 86400);
    EXPECT_EQ(payloadOf(token).integer("iat").value(), toUnixSeconds(now_));
}

TEST_F(NatsJwtTest, DifferentTokensOfOneSecondHaveDifferentIds) {
    auto claims = accountClaims();
    const auto a = makeAccountJwt(operator_, claims, now_).value();
    claims.limits.connections = 11;
    const auto b = makeAccountJwt(operator_, claims, now_).value();
    EXPECT_NE(payloadOf(a).string("jti", 60).value(), payloadOf(b).string("jti", 60).value());
    EXPECT_EQ(payloadOf(a).string("jti", 60)->size(), 52U);
}

}  // namespace
}  // namespace pcg::identity
