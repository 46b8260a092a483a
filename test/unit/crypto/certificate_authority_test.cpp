// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/certificate_authority.h"

#include "common/crypto/errc.h"
#include "test/support/fake_clock.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

namespace pcg::crypto {
namespace {

using std::chrono::minutes;

const WallTime kNow = test::FakeClock().wallNow();
const GatewayProfile kGateway{
    "pcg.example", "tn_00000000000000000000000001", "gw_00000000000000000000000002"};

class CertificateAuthorityTest : public testing::Test {
  protected:
    CertificateAuthority issuing(const IssuingProfile& profile) const {
        return root_.createIssuing(profile, kNow).value();
    }

    CertificateAuthority root_ = CertificateAuthority::createRoot("Example Root", kNow).value();
    CertificateAuthority gateways_ =
        issuing({"Example Gateways", Days{1000}, Purpose::ClientAuth, "pcg.example"});
    CertificateAuthority services_ =
        issuing({"Example Services", Days{1000}, Purpose::ServerAuth, ""});
    EcKey leafKey_ = EcKey::generate(EcCurve::P256).value();
    std::vector<Certificate> roots_{root_.certificate()};
};

TEST_F(CertificateAuthorityTest, TheGatewayCertificateSaysExactlyWhatTheProtocolSays) {
    const auto leaf = gateways_.issueGateway(leafKey_.publicSpki(), kGateway, kNow).value();
    EXPECT_EQ(leaf.names().uris,
              std::vector<std::string>{"spiffe://pcg.example/tenant/tn_00000000000000000000000001/"
                                       "gateway/gw_00000000000000000000000002"});
    EXPECT_TRUE(leaf.names().dnsNames.empty());
    EXPECT_TRUE(leaf.names().ipAddresses.empty());
    EXPECT_EQ(leaf.publicSpki(), leafKey_.publicSpki());
    EXPECT_EQ(leaf.notBefore(), std::chrono::floor<std::chrono::seconds>(kNow - minutes{5}));
    EXPECT_EQ(leaf.notAfter(), std::chrono::floor<std::chrono::seconds>(kNow + Days{30}));
    EXPECT_FALSE(leaf.isAuthority());
    auto* raw = leaf.handle().get();
    EXPECT_EQ(X509_get_key_usage(raw), static_cast<std::uint32_t>(KU_DIGITAL_SIGNATURE));
    EXPECT_EQ(X509_get_extended_key_usage(raw), static_cast<std::uint32_t>(XKU_SSL_CLIENT));
    EXPECT_NE(X509_get0_authority_key_id(raw), nullptr);
    EXPECT_NE(X509_get0_subject_key_id(raw), nullptr);
    EXPECT_TRUE(
        verifyChain(std::vector{leaf, gateways_.certificate()}, roots_, Purpose::ClientAuth, kNow));
}

TEST_F(CertificateAuthorityTest, SerialNumbersAreRandomAndLong) {
    const auto a = gateways_.issueGateway(leafKey_.publicSpki(), kGateway, kNow).value();
    const auto b = gateways_.issueGateway(leafKey_.publicSpki(), kGateway, kNow).value();
    EXPECT_NE(a.serialHex(), b.serialHex());
    EXPECT_GE(a.serialHex().size(), 26U);  // 128 bits, but for a chance of 2^-24 per sample
    EXPECT_LE(a.serialHex().size(), 40U);
}

TEST_F(CertificateAuthorityTest, AGatewayCertificateIsNoServerCertificate) {
    const auto leaf = gateways_.issueGateway(leafKey_.publicSpki(), kGateway, kNow).value();
    const std::vector chain{leaf, gateways_.certificate()};
    EXPECT_TRUE(verifyChain(chain, roots_, Purpose::ServerAuth, kNow).error().is(kUntrusted));
    EXPECT_TRUE(
        verifyChain(chain, roots_, Purpose::EnrollmentSigning, kNow).error().is(kUntrusted));
}

TEST_F(CertificateAuthorityTest, AServerCertificateNamesHostsAndAddresses) {
    const ServerProfile profile{{"localhost", "cp.example"}, {"127.0.0.1", "::1"}, Days{90}};
    const auto leaf = services_.issueServer(leafKey_.publicSpki(), profile, kNow).value();
    EXPECT_EQ(leaf.names().dnsNames, profile.dnsNames);
    EXPECT_EQ(leaf.names().ipAddresses, profile.ipAddresses);
    const std::vector chain{leaf, services_.certificate()};
    EXPECT_TRUE(verifyChain(chain, roots_, Purpose::ServerAuth, kNow));
    EXPECT_TRUE(verifyChain(chain, roots_, Purpose::ClientAuth, kNow).error().is(kUntrusted));
}

TEST_F(CertificateAuthorityTest, ANameCannotSmuggleAnotherName) {
    const ServerProfile profile{{"good.example,DNS:evil.example"}, {}, Days{1}};
    const auto leaf = services_.issueServer(leafKey_.publicSpki(), profile, kNow).value();
    EXPECT_EQ(leaf.names().dnsNames, profile.dnsNames);  // one odd name, not two
    EXPECT_FALSE(services_.issueServer(leafKey_.publicSpki(), {{"a b"}, {}, Days{1}}, kNow));
    EXPECT_FALSE(services_.issueServer(leafKey_.publicSpki(), {{""}, {}, Days{1}}, kNow));
    EXPECT_FALSE(services_.issueServer(leafKey_.publicSpki(), {{}, {"300.1.1.1"}, Days{1}}, kNow));
    EXPECT_FALSE(services_.issueServer(leafKey_.publicSpki(), {{}, {}, Days{1}}, kNow));
    auto gateway = kGateway;
    gateway.gatewayId = "gw_x/../../tenant/tn_other";
    EXPECT_FALSE(gateways_.issueGateway(leafKey_.publicSpki(), gateway, kNow));
    gateway.gatewayId = "";
    EXPECT_FALSE(gateways_.issueGateway(leafKey_.publicSpki(), gateway, kNow));
}

TEST_F(CertificateAuthorityTest, TheNameConstraintKeepsTheIssuerInItsTrustDomain) {
    auto foreign = kGateway;
    foreign.trustDomain = "other.example";
    const auto leaf = gateways_.issueGateway(leafKey_.publicSpki(), foreign, kNow).value();
    const auto verified =
        verifyChain(std::vector{leaf, gateways_.certificate()}, roots_, Purpose::ClientAuth, kNow);
    ASSERT_FALSE(verified);
    EXPECT_TRUE(verified.error().is(kUntrusted));
}

TEST_F(CertificateAuthorityTest, AnIssuingAuthorityMakesNoFurtherAuthorities) {
    const auto below =
        gateways_.createIssuing({"Too Deep", Days{100}, Purpose::ClientAuth, ""}, kNow).value();
    const auto leaf = below.issueGateway(leafKey_.publicSpki(), kGateway, kNow).value();
    EXPECT_FALSE(verifyChain(std::vector{leaf, below.certificate(), gateways_.certificate()},
                             roots_,
                             Purpose::ClientAuth,
                             kNow));
}

TEST_F(CertificateAuthorityTest, AnAuthorityForServersCannotMakeClients) {
    const auto leaf = services_.issueGateway(leafKey_.publicSpki(), kGateway, kNow).value();
    EXPECT_FALSE(
        verifyChain(std::vector{leaf, services_.certificate()}, roots_, Purpose::ClientAuth, kNow));
}

TEST_F(CertificateAuthorityTest, TheEnrollmentSignerIsForThatOnly) {
    const auto leaf =
        root_.issueEnrollmentSigner(leafKey_.publicSpki(), "Example Enrollment", kNow).value();
    EXPECT_TRUE(verifyChain(std::vector{leaf}, roots_, Purpose::EnrollmentSigning, kNow));
    EXPECT_FALSE(verifyChain(std::vector{leaf}, roots_, Purpose::ServerAuth, kNow));
    EXPECT_FALSE(verifyChain(std::vector{leaf}, roots_, Purpose::ClientAuth, kNow));
}

TEST_F(CertificateAuthorityTest, ALeafDoesNotOutliveItsIssuer) {
    const auto shortLived = issuing({"Short", Days{2}, Purpose::ClientAuth, ""});
    const auto leaf = shortLived.issueGateway(leafKey_.publicSpki(), kGateway, kNow).value();
    EXPECT_EQ(leaf.notAfter(), shortLived.certificate().notAfter());
}

TEST_F(CertificateAuthorityTest, ComesBackFromItsCertificateAndKey) {
    const auto again =
        CertificateAuthority::restore(Certificate::fromDer(root_.certificate().der()).value(),
                                      EcKey::fromPkcs8(root_.key().toPkcs8().value()).value());
    ASSERT_TRUE(again);
    const auto leaf =
        again->issueServer(leafKey_.publicSpki(), {{"localhost"}, {}, Days{1}}, kNow).value();
    EXPECT_TRUE(verifyChain(std::vector{leaf}, roots_, Purpose::ServerAuth, kNow));
}

TEST_F(CertificateAuthorityTest, DoesNotComeBackWithAnotherKeyOrFromALeaf) {
    EXPECT_TRUE(CertificateAuthority::restore(root_.certificate(), leafKey_).error().is(kKey));
    const auto leaf = gateways_.issueGateway(leafKey_.publicSpki(), kGateway, kNow).value();
    EXPECT_TRUE(CertificateAuthority::restore(leaf, leafKey_).error().is(kCertificate));
}

}  // namespace
}  // namespace pcg::crypto
