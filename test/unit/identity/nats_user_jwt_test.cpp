// SPDX-License-Identifier: Apache-2.0
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "common/identity/errc.h"
#include "common/identity/nats_jwt.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::identity {
namespace {

namespace json = codec::json;
using std::chrono::hours;
using std::chrono::minutes;

std::string part(std::string_view text) { return codec::base64UrlEncode(asBytes(text)); }

class NatsUserJwtTest : public testing::Test {
  protected:
    std::string token(std::optional<WallTime> expires) const {
        return makeUserJwt(signing_, {user_.publicKey(), "gw", account_.publicKey(), expires}, now_)
            .value();
    }

    // Signed correctly, whatever it says.
    std::string signedAs(std::string_view header, std::string_view payload) const {
        const auto text = part(header) + "." + part(payload);
        return text + "." + codec::base64UrlEncode(signing_.sign(asBytes(text)).value());
    }

    std::string payload(std::string_view nats) const {
        return R"({"iat":1,"iss":")" + signing_.publicKey().text() + R"(","sub":")" +
               user_.publicKey().text() + R"(","nats":)" + std::string(nats) + "}";
    }

    Result<> check(const std::string& text, WallTime at) const {
        return checkGatewayJwt(
            verifyUserJwt(text).value(), user_.publicKey(), account_.publicKey(), at, hours{24});
    }

    test::SeededRandom random_;
    WallTime now_ = test::FakeClock().wallNow();
    AccountKeyPair account_ = AccountKeyPair::generate(random_).value();
    AccountKeyPair signing_ = AccountKeyPair::generate(random_).value();
    UserKeyPair user_ = UserKeyPair::generate(random_).value();
};

constexpr std::string_view kHeader = R"({"typ":"JWT","alg":"ed25519-nkey"})";

TEST_F(NatsUserJwtTest, TakesATokenOfTheReferenceLibrary) {
    const auto vectors =
        json::parseObject(test::readFile(PCG_SOURCE_DIR "/test/vectors/identity/user_jwts.json"))
            .value();
    const auto scoped = verifyUserJwt(vectors.string("scoped", 4096).value());
    ASSERT_TRUE(scoped) << scoped.error().message();
    EXPECT_EQ(scoped->subject.text(), vectors.string("user", 60).value());
    EXPECT_EQ(scoped->issuer.text(), vectors.string("account_a", 60).value());
    EXPECT_EQ(scoped->account.text(), vectors.string("account_b", 60).value());
    EXPECT_EQ(scoped->name, "gw-1");
    EXPECT_EQ(scoped->expires, vectors.integer("exp").value());
    EXPECT_FALSE(scoped->hasOwnPermissions);
    const auto own = verifyUserJwt(vectors.string("own_permissions", 4096).value());
    ASSERT_TRUE(own);
    EXPECT_TRUE(own->hasOwnPermissions);
    EXPECT_EQ(own->account, own->issuer);
}

TEST_F(NatsUserJwtTest, ReadsWhatItWrote) {
    const auto jwt = verifyUserJwt(token(now_ + hours{24})).value();
    EXPECT_EQ(jwt.subject, user_.publicKey());
    EXPECT_EQ(jwt.issuer, signing_.publicKey());
    EXPECT_EQ(jwt.account, account_.publicKey());
    EXPECT_EQ(jwt.issuedAt, toUnixSeconds(now_));
    EXPECT_EQ(jwt.expires, toUnixSeconds(now_ + hours{24}));
    EXPECT_FALSE(jwt.hasOwnPermissions);
}

TEST_F(NatsUserJwtTest, EveryChangedCharacterIsRefused) {
    const auto text = token(now_ + hours{24});
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(verifyUserJwt(changed)) << i;
    }
}

TEST_F(NatsUserJwtTest, RefusesOtherHeaders) {
    const auto good = payload(R"({"type":"user","version":2})");
    ASSERT_TRUE(verifyUserJwt(signedAs(kHeader, good)));
    for (const auto* header : {R"({"typ":"JWT","alg":"none"})",
                               R"({"typ":"JWT","alg":"ed25519"})",
                               R"({"typ":"jwt","alg":"ed25519-nkey"})",
                               R"({"alg":"ed25519-nkey"})",
                               R"({"typ":"JWT","alg":"ed25519-nkey","crit":[]})",
                               "[]",
                               ""}) {
        const auto jwt = verifyUserJwt(signedAs(header, good));
        ASSERT_FALSE(jwt) << header;
        EXPECT_TRUE(jwt.error().is(kJwt));
    }
}

TEST_F(NatsUserJwtTest, RefusesTokensThatAreNotOfAUser) {
    for (const auto* nats : {R"({"type":"account","version":2})",
                             R"({"type":"user","version":1})",
                             R"({"type":"user"})",
                             R"({"version":2})",
                             R"({"type":"user","version":2,"issuer_account":"UAAA"})",
                             R"({"type":"user","version":2,"type":"user"})",
                             "null",
                             "[]"}) {
        EXPECT_FALSE(verifyUserJwt(signedAs(kHeader, payload(nats)))) << nats;
    }
}

TEST_F(NatsUserJwtTest, SeesPermissionsThatDoNotBelongThere) {
    for (const auto* extra : {R"("pub":{"allow":[">"]})",
                              R"("sub":{"allow":[">"]})",
                              R"("pub":[])",
                              R"("resp":{"max":1})",
                              R"("subs":-1)",
                              R"("bearer_token":true)"}) {
        const auto jwt = verifyUserJwt(signedAs(
            kHeader, payload(R"({"type":"user","version":2,)" + std::string(extra) + "}")));
        ASSERT_TRUE(jwt) << extra;
        EXPECT_TRUE(jwt->hasOwnPermissions) << extra;
    }
}

TEST_F(NatsUserJwtTest, RefusesMisshapenText) {
    const auto text = token(now_ + hours{24});
    for (const auto& wrong : {std::string(),
                              std::string(".."),
                              text + ".",
                              text + "=",
                              text + "\n",
                              text.substr(0, text.rfind('.')),
                              text.substr(0, text.rfind('.') + 1),
                              std::string(20000, 'A')}) {
        EXPECT_FALSE(verifyUserJwt(wrong)) << wrong.substr(0, 40);
    }
}

TEST_F(NatsUserJwtTest, TheGatewayTakesItsOwnTokenWhileItLives) {
    const auto text = token(now_ + hours{24});
    EXPECT_TRUE(check(text, now_));
    EXPECT_TRUE(check(text, now_ - minutes{4}));
    EXPECT_TRUE(check(text, now_ + hours{23}));
    EXPECT_FALSE(check(text, now_ - minutes{6}));  // from the future, beyond the grace
    const auto late = check(text, now_ + hours{24} + minutes{6});
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is(kJwtExpired));
}

TEST_F(NatsUserJwtTest, TheGatewayRefusesATokenOfSomebodyElseOrWithoutEnd) {
    const auto jwt = verifyUserJwt(token(now_ + hours{24})).value();
    const auto other = UserKeyPair::generate(random_).value();
    EXPECT_FALSE(checkGatewayJwt(jwt, other.publicKey(), account_.publicKey(), now_, hours{24}));
    EXPECT_FALSE(checkGatewayJwt(jwt, user_.publicKey(), signing_.publicKey(), now_, hours{24}));
    EXPECT_FALSE(check(token(std::nullopt), now_));
    EXPECT_FALSE(check(token(now_ + hours{25}), now_));
    auto wider = jwt;
    wider.hasOwnPermissions = true;
    EXPECT_FALSE(checkGatewayJwt(wider, user_.publicKey(), account_.publicKey(), now_, hours{24}));
}

}  // namespace
}  // namespace pcg::identity
