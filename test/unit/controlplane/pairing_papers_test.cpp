// SPDX-License-Identifier: Apache-2.0
// From the papers on: issue, repeat, acknowledge, give back. Renewal: pairing_renewal_test.cpp.
#include "test/unit/controlplane/pairing_over_https.h"

namespace pcg::controlplane {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_F(PairingOverHttps, IssuesPapersWhenBothSidesReportTheSameRun) {
    runToComparison();
    acceptBoth();

    EXPECT_EQ(request("PUT", enrollmentPath(), enrollment_.write()).status, 202);
    EXPECT_EQ(asTenant("POST", claimPath("/approve"), approval_->write()).status, 202);
    const auto issued = request("PUT", enrollmentPath(), enrollment_.write());
    ASSERT_EQ(issued.status, 200) << issued.body;

    const auto bundle = openBundle(issued.body);
    EXPECT_EQ(bundle.tenantId, tenants_["acme"]);
    EXPECT_EQ(bundle.gatewayId, gateway_.id);
    EXPECT_EQ(bundle.epoch, 1);
    EXPECT_EQ(bundle.bus.subjectPrefix, "pcg.v1." + kNkey);
    const auto chain = crypto::parsePemCertificates(bundle.clientCertChain);
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->front().publicSpki(), gateway_.tls.publicSpki());

    EXPECT_EQ(acknowledge(bundle, gateway_.tls).status, 204);
    EXPECT_EQ(acknowledge(bundle, gateway_.tls).status, 204);
    for (const auto& event :
         events(asTenant("GET", claimPath("/events?after=" + std::to_string(afterA_)))))
        take(commissioner_->receive(event.envelope));
    EXPECT_EQ(progress_, (std::vector<std::string>{"gateway_accepted", "issued", "paired"}));
    EXPECT_EQ(request("PUT", enrollmentPath(), enrollment_.write()).status, 410);
    EXPECT_EQ(offer().status, 409);
}

TEST_F(PairingOverHttps, TakesTheApprovalFirstToo) {
    runToComparison();
    acceptBoth();

    EXPECT_EQ(asTenant("POST", claimPath("/approve"), approval_->write()).status, 202);
    EXPECT_EQ(request("PUT", enrollmentPath(), enrollment_.write()).status, 200);
}

TEST_F(PairingOverHttps, AnswersARepeatedEnrollmentWithTheSameBytesAndRefusesAnother) {
    runToComparison();
    acceptBoth();
    asTenant("POST", claimPath("/approve"), approval_->write());
    const auto first = request("PUT", enrollmentPath(), enrollment_.write());
    ASSERT_EQ(first.status, 200);

    EXPECT_EQ(request("PUT", enrollmentPath(), enrollment_.write()).body, first.body);
    auto other = enrollment_;
    other.nkeyPub[10] = other.nkeyPub[10] == 'A' ? 'B' : 'A';
    EXPECT_EQ(request("PUT", enrollmentPath(), other.write()).status, 409);
}

TEST_F(PairingOverHttps, ReplaysWhatWasIssuedAfterARestart) {
    runToComparison();
    acceptBoth();
    asTenant("POST", claimPath("/approve"), approval_->write());
    const auto first = request("PUT", enrollmentPath(), enrollment_.write());
    ASSERT_EQ(first.status, 200);

    // Another process: what was in memory is gone.
    loop_.await(service_->stop());
    loop_.await(server_->stop(0ms));
    loop_.call([&] {
        anonymous_.reset();
        server_.reset();
    });
    router_ = http::Router();
    serve();

    const auto again = request("PUT", enrollmentPath(), enrollment_.write());
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(asGateway("GET", offerPath("/events?after=0")).status, 410);
}

TEST_F(PairingOverHttps, IssuesNothingWhenTheHalvesDiffer) {
    runToComparison();
    acceptBoth();
    approval_->reportTag[0] ^= 1;

    EXPECT_EQ(asTenant("POST", claimPath("/approve"), approval_->write()).status, 202);
    EXPECT_EQ(request("PUT", enrollmentPath(), enrollment_.write()).status, 409);

    EXPECT_EQ(bus_.prepared, 0);
    EXPECT_EQ(request("PUT", enrollmentPath(), enrollment_.write()).status, 410);
}

TEST_F(PairingOverHttps, TriesAgainWhenTheBrokerWasDown) {
    runToComparison();
    acceptBoth();
    bus_.down = true;
    asTenant("POST", claimPath("/approve"), approval_->write());
    EXPECT_EQ(request("PUT", enrollmentPath(), enrollment_.write()).status, 503);

    bus_.down = false;

    EXPECT_EQ(request("PUT", enrollmentPath(), enrollment_.write()).status, 200);
}

TEST_F(PairingOverHttps, AcceptsTheAcknowledgementOfTheNewCertificateOnly) {
    runToComparison();
    acceptBoth();
    asTenant("POST", claimPath("/approve"), approval_->write());
    auto bundle = openBundle(request("PUT", enrollmentPath(), enrollment_.write()).body);
    pairing::Ack ack;
    ack.gatewayId = gateway_.id;
    ack.pth = bundle.pth;

    EXPECT_EQ(request("POST", enrollmentPath("/ack"), ack.write()).status, 403);
    const auto key = *crypto::EcKey::generate(crypto::EcCurve::P256);
    const auto other =
        *pki_->issueGateway(key.publicSpki(), tenants_["globex"], gateway_.id, clock_.wallNow());
    auto forged = bundle;
    forged.clientCertChain = crypto::toPem(other);
    EXPECT_EQ(acknowledge(forged, key).status, 403);
    EXPECT_EQ(acknowledge(bundle, gateway_.tls).status, 204);
}

TEST_F(PairingOverHttps, TakesBackAGatewayThatItsAdminUnpaired) {
    runToComparison();
    acceptBoth();
    asTenant("POST", claimPath("/approve"), approval_->write());
    const auto bundle = openBundle(request("PUT", enrollmentPath(), enrollment_.write()).body);
    ASSERT_EQ(acknowledge(bundle, gateway_.tls).status, 204);
    EXPECT_EQ(offer().status, 409);
    const auto release = [&](pairing::ReleaseRequest wanted, const crypto::EcKey& key) {
        const auto raw = wanted.write();
        const auto signature =
            codec::base64UrlEncode(*key.signEs256(pairing::releaseSigningInput(raw)));
        return request("POST", "/pair/v1/release", raw, {{"PCG-Sig", signature}}).status;
    };
    const pairing::ReleaseRequest wanted{gateway_.id, bundle.tenantId, bundle.epoch, 1};

    // Whoever is not this gateway, or speaks of another pairing of it, changes nothing.
    EXPECT_EQ(release(wanted, gateway_.tls), 403);
    EXPECT_EQ(release({gateway_.id, bundle.tenantId, bundle.epoch + 1, 1}, gateway_.device), 403);
    EXPECT_EQ(release({gateway_.id, tenants_.at("globex"), bundle.epoch, 1}, gateway_.device), 403);
    EXPECT_EQ(offer().status, 409);
    EXPECT_TRUE(bus_.revoked.empty());

    EXPECT_EQ(release(wanted, gateway_.device), 204);
    EXPECT_EQ(bus_.revoked.front(), kNkey);
    // The answer may have been lost.
    EXPECT_EQ(release(wanted, gateway_.device), 204);
    EXPECT_EQ(offer().status, 201);
}

}  // namespace
}  // namespace pcg::controlplane
