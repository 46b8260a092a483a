// SPDX-License-Identifier: Apache-2.0
// Renewal over HTTPS: who gets new papers, and who is put into quarantine.
#include "test/unit/controlplane/pairing_over_https.h"

namespace pcg::controlplane {
namespace {

using namespace std::chrono_literals;
using namespace test;

// A gateway that was paired, and what it renews with.
class RenewalOverHttps : public PairingOverHttps {
  protected:
    void SetUp() override {
        PairingOverHttps::SetUp();
        runToComparison();
        acceptBoth();
        asTenant("POST", claimPath("/approve"), approval_->write());
        bundle_ = openBundle(request("PUT", enrollmentPath(), enrollment_.write()).body);
        ASSERT_EQ(acknowledge(bundle_, gateway_.tls).status, 204);
        wanted_.gatewayId = gateway_.id;
        wanted_.nkeyPub = kNkey;
        wanted_.ratchet.value = bundle_.ratchet;
        present(bundle_.clientCertChain);
    }

    void TearDown() override {
        loop_.call([&] { mutual_.reset(); });
        PairingOverHttps::TearDown();
    }

    void present(const std::string& chain) {
        loop_.call([&] { mutual_.reset(); });
        mutual_ = client(net::CertificateAndKey{chain, *gateway_.tls.toPem()});
    }

    Response renewOver(http::Client& client, const crypto::EcKey& signer) {
        const auto raw = wanted_.write();
        const auto signature = *signer.signEs256(pairing::renewSigningInput(raw));
        const http::HeaderList headers{{"PCG-Sig", codec::base64UrlEncode(signature)}};
        http::RequestHead head{"POST", std::string(pairing::kRenewPath), headers, {}};
        return loop_.await(ask(client, std::move(head), raw));
    }

    Response renew() { return renewOver(*mutual_, gateway_.device); }

    // The request after an answered one.
    void follow(const Response& answer) {
        const auto reply = pairing::RenewReply::parse(answer.body);
        ASSERT_TRUE(reply) << answer.body;
        wanted_.ratchet = reply->ratchet;
        wanted_.renewId = random_.array<16>();
    }

    static std::string codeOf(const Response& answer) {
        return pairing::Refusal::parse(answer.status, answer.body).code;
    }

    template <class Work>
    void inStore(Work work) {
        const auto done = loop_.await(runInStore(*worker_, std::move(work)));
        ASSERT_TRUE(done) << done.error().message();
    }

    template <class Work>
    static net::Task<Result<>> runInStore(store::Worker& worker, Work work) {
        co_return co_await worker.run(std::move(work));
    }

    pairing::Bundle bundle_;
    pairing::RenewRequest wanted_;
    std::unique_ptr<http::Client> mutual_;
};

TEST_F(RenewalOverHttps, RenewsThePapersOfABoundGatewayOnly) {
    EXPECT_EQ(codeOf(renewOver(*anonymous_, gateway_.device)), "certificate_expired");
    EXPECT_EQ(codeOf(renewOver(*mutual_, gateway_.tls)), "forbidden");
    auto asked = wanted_;
    wanted_.nkeyPub[10] = wanted_.nkeyPub[10] == 'A' ? 'B' : 'A';
    EXPECT_EQ(codeOf(renew()), "renewal_mismatch");
    wanted_ = asked;

    const auto renewed = renew();

    EXPECT_EQ(renewed.status, 200) << renewed.body;
    const auto reply = pairing::RenewReply::parse(renewed.body);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->userJwt, "jwt.for." + kNkey);
    EXPECT_EQ(reply->ratchet.counter, 1);
    EXPECT_TRUE(reply->clientCertChain.empty());
}

TEST_F(RenewalOverHttps, AnswersTheSameRequestTheSameWayAndAnotherUnderItsIdNotAtAll) {
    const auto first = renew();
    EXPECT_EQ(renew().body, first.body);

    wanted_.at = 1;
    EXPECT_EQ(codeOf(renew()), "renewal_mismatch");
    follow(first);
    EXPECT_EQ(renew().status, 200);
}

TEST_F(RenewalOverHttps, CertifiesANewKeyThatIsAskedFor) {
    const auto key = *crypto::EcKey::generate(crypto::EcCurve::P256);
    wanted_.csr = *crypto::createCsr(key, "anything");

    const auto reply = pairing::RenewReply::parse(renew().body);

    ASSERT_TRUE(reply);
    const auto chain = crypto::parsePemCertificates(reply->clientCertChain);
    ASSERT_TRUE(chain && chain->size() == 2);
    EXPECT_EQ(chain->front().publicSpki(), key.publicSpki());
    EXPECT_LE(chain->front().notAfter(), clock_.wallNow() + std::chrono::days(30));
    wanted_.csr = {1, 2, 3};
    wanted_.renewId = random_.array<16>();
    EXPECT_EQ(renew().status, 400);
}

TEST_F(RenewalOverHttps, QuarantinesAGatewayThatShowsAValueWhichWasUsedUp) {
    ASSERT_EQ(renew().status, 200);
    wanted_.renewId = random_.array<16>();

    EXPECT_EQ(codeOf(renew()), "quarantined");

    ASSERT_EQ(bus_.quarantine.size(), 1u);
    EXPECT_EQ(bus_.quarantine[0].first, gateway_.id);
    EXPECT_NE(bus_.quarantine[0].second.find("copied"), std::string::npos);
    EXPECT_EQ(codeOf(renew()), "quarantined") << "and stays there";
    EXPECT_EQ(bus_.quarantine.size(), 1u);
}

TEST_F(RenewalOverHttps, AStrangerCannotPutAGatewayIntoQuarantine) {
    ASSERT_EQ(renew().status, 200);
    wanted_.renewId = random_.array<16>();

    EXPECT_EQ(codeOf(renewOver(*mutual_, gateway_.tls)), "forbidden");
    EXPECT_EQ(codeOf(renewOver(*anonymous_, gateway_.device)), "certificate_expired");

    EXPECT_TRUE(bus_.quarantine.empty());
}

// The handshake holds, so that the answer can say what is wrong.
TEST_F(RenewalOverHttps, TellsAnExpiredCertificateFromARelease) {
    crypto::GatewayProfile profile;
    profile.trustDomain = Pki::kTrustDomain;
    profile.tenantId = tenants_["acme"];
    profile.gatewayId = gateway_.id;
    const auto before = clock_.wallNow() - std::chrono::days(31);
    const auto old =
        *pki_->gatewayAuthority().issueGateway(gateway_.tls.publicSpki(), profile, before);
    present(old.pem() + pki_->gatewayAuthority().certificate().pem());
    EXPECT_EQ(codeOf(renew()), "certificate_expired");

    const auto id = *wire::parseGatewayId(gateway_.id);
    const auto vouch = [&](store::Database& database, WallTime until) {
        const TenantScope scope = authority_.scopeOf(*wire::parseTenantId(tenants_["acme"]));
        return Gateways(database).allowRecovery(scope, id, until);
    };
    inStore([&](store::Database& database) { return vouch(database, clock_.wallNow() - 1s); });
    EXPECT_EQ(codeOf(renew()), "certificate_expired");
    inStore([&](store::Database& database) { return vouch(database, clock_.wallNow() + 1h); });
    EXPECT_EQ(renew().status, 200);

    inStore([&](store::Database& database) {
        const TenantScope scope = authority_.scopeOf(*wire::parseTenantId(tenants_["acme"]));
        return Gateways(database).release(scope, id, clock_.wallNow());
    });
    EXPECT_EQ(codeOf(renew()), "released");
}

}  // namespace
}  // namespace pcg::controlplane
