// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/x509.h"

#include "common/crypto/certificate_authority.h"
#include "common/crypto/errc.h"
#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

namespace pcg::crypto {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const WallTime kNow = test::FakeClock().wallNow();

class X509Test : public testing::Test {
  protected:
    CertificateAuthority root_ = CertificateAuthority::createRoot("Example Root", kNow).value();
    EcKey key_ = EcKey::generate(EcCurve::P256).value();
    Certificate leaf_ =
        root_.issueServer(key_.publicSpki(), {{"localhost"}, {"127.0.0.1"}, Days{90}}, kNow)
            .value();
    std::vector<Certificate> roots_{root_.certificate()};
};

TEST_F(X509Test, ComesBackFromPem) {
    const auto chain = parsePemCertificates(toPem(std::vector{leaf_, root_.certificate()})).value();
    ASSERT_EQ(chain.size(), 2U);
    EXPECT_EQ(chain[0].der(), leaf_.der());
    EXPECT_EQ(chain[1].der(), root_.certificate().der());
    EXPECT_EQ(chain[0].sha256(), leaf_.sha256());
    EXPECT_EQ(chain[0].spkiSha256(), leaf_.spkiSha256());
    EXPECT_NE(chain[0].sha256(), chain[0].spkiSha256());
}

TEST_F(X509Test, DescribesItselfForPeople) {
    EXPECT_EQ(leaf_.subject(), "CN=localhost");
    EXPECT_EQ(leaf_.issuer(), "CN=Example Root");
    EXPECT_TRUE(root_.certificate().isSelfIssued());
    EXPECT_FALSE(leaf_.isSelfIssued());
    EXPECT_TRUE(root_.certificate().isAuthority());
}

TEST_F(X509Test, IgnoresTextAroundPemBlocks) {
    const auto chain = parsePemCertificates("issued for us\n" + leaf_.pem() + "\n\nand its root\n" +
                                            root_.certificate().pem() + "the end\n");
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->size(), 2U);
}

TEST_F(X509Test, RefusesPemThatIsDamagedEmptyOrSomethingElse) {
    const auto pem = leaf_.pem();
    for (const auto& text :
         {std::string(),
          std::string("hello"),
          pem.substr(0, pem.size() - 10),
          pem.substr(0, pem.size() / 2),
          std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
          pem + std::string(key_.toPem()->revealText()),
          [&] {
              std::string many;
              for (int i = 0; i < 17; ++i) many += pem;
              return many;
          }()}) {
        const auto chain = parsePemCertificates(text);
        ASSERT_FALSE(chain) << text.substr(0, 100);
        EXPECT_TRUE(chain.error().is(kCertificate));
    }
}

TEST_F(X509Test, RefusesDerWithSomethingAfterIt) {
    auto der = leaf_.der();
    der.push_back(0);
    EXPECT_FALSE(Certificate::fromDer(der));
    der.pop_back();
    der.pop_back();
    EXPECT_FALSE(Certificate::fromDer(der));
    EXPECT_FALSE(Certificate::fromDer({}));
}

TEST_F(X509Test, TrustsOnlyTheGivenRoots) {
    const auto other = CertificateAuthority::createRoot("Example Root", kNow).value();  // same name
    EXPECT_TRUE(verifyChain(std::vector{leaf_}, roots_, Purpose::ServerAuth, kNow));
    const auto verified = verifyChain(
        std::vector{leaf_}, std::vector{other.certificate()}, Purpose::ServerAuth, kNow);
    ASSERT_FALSE(verified);
    EXPECT_TRUE(verified.error().is(kUntrusted));
    EXPECT_NE(verified.error().message().find("CN=localhost"), std::string::npos);
    EXPECT_FALSE(verifyChain(std::vector{leaf_}, {}, Purpose::ServerAuth, kNow));
    EXPECT_FALSE(verifyChain({}, roots_, Purpose::ServerAuth, kNow));
}

TEST_F(X509Test, HoldsToTheLifetime) {
    const std::vector chain{leaf_};
    EXPECT_TRUE(verifyChain(chain, roots_, Purpose::ServerAuth, kNow - minutes{4}));
    EXPECT_FALSE(verifyChain(chain, roots_, Purpose::ServerAuth, kNow - minutes{6}));
    EXPECT_TRUE(verifyChain(chain, roots_, Purpose::ServerAuth, kNow + Days{90} - hours{1}));
    const auto late = verifyChain(chain, roots_, Purpose::ServerAuth, kNow + Days{90} + hours{1});
    ASSERT_FALSE(late);
    EXPECT_NE(late.error().message().find("expired"), std::string::npos);
}

TEST_F(X509Test, ALeafIsNoAuthority) {
    const auto below = EcKey::generate(EcCurve::P256).value();
    // What an attacker with a valid leaf would do: sign another certificate with it.
    EXPECT_FALSE(CertificateAuthority::restore(leaf_, key_));
    EXPECT_FALSE(verifyChain(std::vector{leaf_}, std::vector{leaf_}, Purpose::ClientAuth, kNow));
}

}  // namespace
}  // namespace pcg::crypto
