// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/jws.h"

#include "common/codec/base64.h"
#include "common/codec/base64url.h"
#include "common/crypto/certificate_authority.h"
#include "common/crypto/errc.h"
#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

namespace pcg::crypto {
namespace {

const WallTime kNow = test::FakeClock().wallNow();

// RFC 7515 appendix A.3: payload, key and signature.
constexpr const char* kRfcToken =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    "."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
constexpr const char* kRfcX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr const char* kRfcY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

Bytes rfcSpki() {
    // SubjectPublicKeyInfo of P-256 up to the point (RFC 5480 section 2).
    auto spki = fromHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004").value();
    append(spki, codec::base64UrlDecode(kRfcX).value());
    append(spki, codec::base64UrlDecode(kRfcY).value());
    return spki;
}

std::string part(std::string_view json) { return codec::base64UrlEncode(asBytes(json)); }

// Signed correctly, whatever the header says.
std::string signedWithHeader(const EcKey& key,
                             std::string_view header,
                             std::string_view payload = "{}") {
    const auto input = part(header) + "." + part(payload);
    return input + "." + codec::base64UrlEncode(key.signEs256(asBytes(input)).value());
}

class JwsTest : public testing::Test {
  protected:
    EcKey key_ = EcKey::generate(EcCurve::P256).value();
};

TEST_F(JwsTest, VerifiesTheExampleOfRfc7515AppendixA3) {
    const auto jws = UnverifiedJws::parse(kRfcToken);
    ASSERT_TRUE(jws);
    const auto payload = jws->verify("", rfcSpki());
    ASSERT_TRUE(payload);
    EXPECT_EQ(asText(*payload),
              "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

TEST_F(JwsTest, GivesThePayloadBackToTheRightKeyAndType) {
    const auto token = signJws(key_, "pcg-bind+jwt", asBytes("payload")).value();
    const auto jws = UnverifiedJws::parse(token).value();
    EXPECT_EQ(jws.typ(), "pcg-bind+jwt");
    EXPECT_EQ(asText(jws.verify("pcg-bind+jwt", key_.publicSpki()).value()), "payload");
    const auto otherType = jws.verify("pcg-bundle+jwt", key_.publicSpki());
    ASSERT_FALSE(otherType);
    EXPECT_TRUE(otherType.error().is(kJws));
    const auto otherKey = jws.verify("pcg-bind+jwt", EcKey::generate(EcCurve::P256)->publicSpki());
    ASSERT_FALSE(otherKey);
    EXPECT_TRUE(otherKey.error().is(kSignature));
}

TEST_F(JwsTest, EveryChangedCharacterIsRefused) {
    const auto token = signJws(key_, "t", asBytes("{\"a\":1}")).value();
    for (std::size_t i = 0; i < token.size(); ++i) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        const auto jws = UnverifiedJws::parse(changed);
        if (jws) {
            EXPECT_FALSE(jws->verify("t", key_.publicSpki())) << i;
        }
    }
}

TEST_F(JwsTest, RefusesEveryOtherAlgorithm) {
    for (const auto* header : {R"({"alg":"none","typ":"t"})",
                               R"({"alg":"None","typ":"t"})",
                               R"({"alg":"es256","typ":"t"})",
                               R"({"alg":"HS256","typ":"t"})",
                               R"({"alg":"ES384","typ":"t"})",
                               R"({"alg":["ES256"],"typ":"t"})",
                               R"({"alg":null,"typ":"t"})",
                               R"({"typ":"t"})"}) {
        const auto jws = UnverifiedJws::parse(signedWithHeader(key_, header));
        ASSERT_FALSE(jws) << header;
        EXPECT_TRUE(jws.error().is(kJws));
    }
}

TEST_F(JwsTest, RefusesATokenWithoutSignature) {
    EXPECT_FALSE(UnverifiedJws::parse(part(R"({"alg":"none"})") + "." + part("{}") + "."));
    const auto empty = UnverifiedJws::parse(part(R"({"alg":"ES256"})") + "." + part("{}") + ".");
    ASSERT_TRUE(empty);
    EXPECT_FALSE(empty->verify("", key_.publicSpki()));
}

TEST_F(JwsTest, RefusesHeadersThatChangeTheRulesOrBringTheirOwnKey) {
    for (const auto* header : {R"({"alg":"ES256","crit":["exp"],"exp":1})",
                               R"({"alg":"ES256","crit":[]})",
                               R"({"alg":"ES256","b64":false})",
                               R"({"alg":"ES256","jwk":{}})",
                               R"({"alg":"ES256","jku":"https://evil.example"})",
                               R"({"alg":"ES256","x5u":"https://evil.example"})",
                               R"({"alg":"ES256","alg":"none"})",
                               R"(["ES256"])",
                               R"({"alg":"ES256"} )"
                               "x",
                               R"({"alg":"ES256","typ":7})",
                               R"({"alg":"ES256","x5c":[]})",
                               R"({"alg":"ES256","x5c":"MIIB"})",
                               R"({"alg":"ES256","x5c":["MIIB"]})"}) {
        EXPECT_FALSE(UnverifiedJws::parse(signedWithHeader(key_, header))) << header;
    }
}

TEST_F(JwsTest, RefusesMisshapenTokens) {
    const auto token = signJws(key_, "t", asBytes("{}")).value();
    for (const auto& text : {std::string(),
                             std::string("."),
                             std::string(".."),
                             token + ".",
                             token + "=",
                             token + "\n",
                             " " + token,
                             token.substr(0, token.rfind('.')),
                             std::string(70000, 'A')}) {
        EXPECT_FALSE(UnverifiedJws::parse(text)) << text.substr(0, 60);
    }
}

TEST_F(JwsTest, ATokenWithAChainIsTakenFromTheGivenRootOnly) {
    const auto root = CertificateAuthority::createRoot("Example Root", kNow).value();
    const auto leaf = root.issueEnrollmentSigner(key_.publicSpki(), "Signer", kNow).value();
    const std::vector chain{leaf};
    const auto jws = UnverifiedJws::parse(signJws(key_, "t", asBytes("{}"), chain).value()).value();
    const std::vector roots{root.certificate()};
    EXPECT_TRUE(jws.verifyByChain("t", roots, Purpose::EnrollmentSigning, kNow));
    EXPECT_FALSE(jws.verifyByChain("t", roots, Purpose::ServerAuth, kNow));
    EXPECT_FALSE(jws.verifyByChain("t", roots, Purpose::EnrollmentSigning, kNow + Days{400}));
    const std::vector others{CertificateAuthority::createRoot("Example Root", kNow)->certificate()};
    EXPECT_FALSE(jws.verifyByChain("t", others, Purpose::EnrollmentSigning, kNow));
}

TEST_F(JwsTest, ATokenWithSomebodyElsesChainIsRefused) {
    const auto root = CertificateAuthority::createRoot("Example Root", kNow).value();
    const auto genuine = EcKey::generate(EcCurve::P256).value();
    const std::vector chain{
        root.issueEnrollmentSigner(genuine.publicSpki(), "Signer", kNow).value()};
    const std::vector roots{root.certificate()};
    const auto forged =
        UnverifiedJws::parse(signJws(key_, "t", asBytes("{}"), chain).value()).value();
    EXPECT_FALSE(forged.verifyByChain("t", roots, Purpose::EnrollmentSigning, kNow));
    const auto bare = UnverifiedJws::parse(signJws(key_, "t", asBytes("{}")).value()).value();
    EXPECT_FALSE(bare.verifyByChain("t", roots, Purpose::EnrollmentSigning, kNow));
}

}  // namespace
}  // namespace pcg::crypto
