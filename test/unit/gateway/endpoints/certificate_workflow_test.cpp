// SPDX-License-Identifier: Apache-2.0
// A real TLS server beside a real directory: what is written to whom, and when.
#include "common/crypto/digest.h"
#include "common/crypto/x509.h"
#include "gateway/endpoints/endpoint_directory.h"
#include "gateway/errc.h"
#include "gateway/state/proxy_state.h"
#include "test/unit/gateway/endpoints/local_vcenter.h"
#include "test/unit/gateway/state/state_fixture.h"

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;

using test::LocalVcenter;

std::string sha256Of(const std::string& pem) {
    return toHex(crypto::parsePemCertificates(pem)->front().sha256());
}

class CertificateWorkflow : public StateFixture {
  protected:
    CertificateWorkflow() { start(std::chrono::minutes(10)); }

    ~CertificateWorkflow() override { end(); }

    void start(std::chrono::milliseconds every) {
        directory_ = std::make_unique<EndpointDirectory>(
            EndpointDirectory::Parts{.loop = loop_,
                                     .state = *state_,
                                     .service = *service_,
                                     .warnings = warnings_,
                                     .audit = audit_,
                                     .random = random_,
                                     .clock = clock_,
                                     .scope = [] { return store::Scope{"tn_a", 1}; },
                                     .changed = [this] { ++changes_; },
                                     .checkEvery = every});
        EXPECT_TRUE(await(directory_->start()));
    }

    void end() {
        await(directory_->stop());
        await(service_->stop(std::chrono::milliseconds(500)));
        await(audit_.flush());
    }

    template <class T>
    T await(net::Task<T> task) {
        return test::runToEnd(loop_, std::move(task));
    }

    // Lets the loop run until this holds; false after ten seconds.
    template <class Condition>
    bool until(Condition holds) {
        const auto end = std::chrono::steady_clock::now() + 10s;
        loop_.restart();
        while (!holds() && std::chrono::steady_clock::now() < end) loop_.run_one_for(20ms);
        return holds();
    }

    Result<EndpointView> add(EndpointTrust trust) {
        NewEndpoint endpoint{"vc1",
                             "vcenter",
                             *wire::EndpointAddress::parse(vcenter_.url()),
                             std::move(trust),
                             {Secret::fromText("root"), Secret::fromText("swordfish")}};
        return await(directory_->add(std::move(endpoint)));
    }

    EndpointView view() { return *directory_->find("vc1"); }

    net::Loop loop_{1};
    Warnings warnings_{clock_};
    AuditTrail audit_{loop_, *state_, clock_};
    StoredCredentials credentials_{*state_};
    StoredAccessKeys keys_{*state_};
    proxy::FixedPolicy policy_;
    std::unique_ptr<proxy::EndpointService> service_ =
        std::make_unique<proxy::EndpointService>(proxy::Services{.loop = loop_,
                                                                 .clock = clock_,
                                                                 .random = random_,
                                                                 .keys = keys_,
                                                                 .vault = credentials_,
                                                                 .policy = policy_,
                                                                 .audit = audit_});
    test::Pem first_ = test::selfSigned();
    test::Pem second_ = test::selfSigned();
    LocalVcenter vcenter_{loop_, first_};
    std::unique_ptr<EndpointDirectory> directory_;
    int changes_ = 0;
};

TEST_F(CertificateWorkflow, NothingIsWrittenBeforeSomebodyApprovedTheCertificate) {
    const auto added = add({TrustKind::Ask, ""});
    ASSERT_TRUE(added) << added.error().message();

    EXPECT_EQ(added->state, EndpointState::Untrusted);
    EXPECT_NE(added->why.find(sha256Of(first_.certificate)), std::string::npos) << added->why;
    EXPECT_FALSE(added->presented.empty());
    EXPECT_EQ(vcenter_.requests, 0);
    EXPECT_EQ(await(directory_->check("vc1"))->state, EndpointState::Untrusted);
    EXPECT_EQ(vcenter_.requests, 0) << "not one request, let alone a credential";

    const auto approved = await(directory_->approve("vc1", sha256Of(first_.certificate)));
    ASSERT_TRUE(approved) << approved.error().message();
    EXPECT_EQ(approved->state, EndpointState::Ok) << approved->why;
    EXPECT_EQ(approved->record.trust.kind, TrustKind::Pin);
    EXPECT_TRUE(approved->presented.empty());
    EXPECT_EQ(vcenter_.logins, 1);
}

TEST_F(CertificateWorkflow, OnlyTheCertificateThatIsShownCanBeApproved) {
    ASSERT_TRUE(add({TrustKind::Ask, ""}));

    const auto wrong = await(directory_->approve("vc1", sha256Of(second_.certificate)));
    ASSERT_FALSE(wrong);
    EXPECT_TRUE(wrong.error().is(errc::kOtherCertificate));
    EXPECT_NE(wrong.error().message().find(sha256Of(first_.certificate)), std::string::npos);

    // Swapped between the look and the approval.
    vcenter_.show(second_);
    EXPECT_FALSE(await(directory_->approve("vc1", sha256Of(first_.certificate))));
    EXPECT_EQ(vcenter_.requests, 0);
}

TEST_F(CertificateWorkflow, AChangedCertificateOpensTheCircuitUntilItIsApproved) {
    ASSERT_EQ(add({TrustKind::Pin, sha256Of(first_.certificate)})->state, EndpointState::Ok);
    const auto requests = vcenter_.requests;
    vcenter_.show(second_);

    const auto checked = await(directory_->check("vc1"));
    EXPECT_EQ(checked->state, EndpointState::CertificateChanged);
    EXPECT_EQ(toHex(crypto::sha256(checked->record.certificate)), sha256Of(first_.certificate));
    EXPECT_EQ(toHex(crypto::sha256(checked->presented)), sha256Of(second_.certificate));
    const auto report = await(service_->checkEndpoint(checked->record.id));
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().message().find("another certificate"), std::string::npos)
        << report.error().message();
    EXPECT_EQ(vcenter_.requests, requests) << "nothing is sent while the circuit is open";

    EXPECT_EQ(await(directory_->approve("vc1", sha256Of(second_.certificate)))->state,
              EndpointState::Ok);
    EXPECT_TRUE(await(service_->checkEndpoint(checked->record.id)));
    // Approving what is trusted already changes nothing.
    EXPECT_TRUE(await(directory_->approve("vc1", sha256Of(second_.certificate))));
}

TEST_F(CertificateWorkflow, TheOldCertificateComesBackByItself) {
    ASSERT_EQ(add({TrustKind::Pin, sha256Of(first_.certificate)})->state, EndpointState::Ok);
    vcenter_.show(second_);
    ASSERT_EQ(await(directory_->check("vc1"))->state, EndpointState::CertificateChanged);
    vcenter_.show(first_);

    EXPECT_EQ(await(directory_->check("vc1"))->state, EndpointState::Ok);
    EXPECT_TRUE(view().presented.empty());
}

TEST_F(CertificateWorkflow, ACallThatMeetsAnotherCertificateIsNoticedWithoutACheck) {
    const auto id = add({TrustKind::Pin, sha256Of(first_.certificate)})->record.id;
    vcenter_.show(second_);

    EXPECT_FALSE(await(service_->checkEndpoint(id)));

    EXPECT_TRUE(until([&] { return view().state == EndpointState::CertificateChanged; }));
}

TEST_F(CertificateWorkflow, AChangeIsNoticedWithoutACall) {
    await(directory_->stop());
    start(std::chrono::milliseconds(100));
    ASSERT_EQ(add({TrustKind::Pin, sha256Of(first_.certificate)})->state, EndpointState::Ok);
    vcenter_.show(second_);

    EXPECT_TRUE(until([&] { return view().state == EndpointState::CertificateChanged; }));
}

TEST_F(CertificateWorkflow, ACertificateOfTheTrustedAuthorityMayBeRenewed) {
    const test::TestCa ca;
    vcenter_.show(ca.issue());
    ASSERT_EQ(add({TrustKind::Ca, ca.pem()})->state, EndpointState::Ok);
    const auto before = view().record.certificate;
    vcenter_.show(ca.issue());

    EXPECT_EQ(await(directory_->check("vc1"))->state, EndpointState::Ok);
    EXPECT_NE(view().record.certificate, before);
    vcenter_.show(second_);
    EXPECT_EQ(await(directory_->check("vc1"))->state, EndpointState::CertificateChanged);
}

TEST_F(CertificateWorkflow, RejectedCredentialsAreNotTakenForAnythingElse) {
    vcenter_.acceptsLogins = false;
    EXPECT_EQ(add({TrustKind::Pin, sha256Of(first_.certificate)})->state,
              EndpointState::BadCredentials);
}

TEST_F(CertificateWorkflow, TheTrustedCertificateIsKnownAfterARestart) {
    ASSERT_EQ(add({TrustKind::Pin, sha256Of(first_.certificate)})->state, EndpointState::Ok);
    vcenter_.show(second_);
    await(directory_->stop());

    start(std::chrono::minutes(10));

    EXPECT_TRUE(until([&] { return view().state == EndpointState::CertificateChanged; }));
}

TEST_F(CertificateWorkflow, AnotherAddressForgetsTheCertificateOfTheOld) {
    ASSERT_EQ(add({TrustKind::Pin, sha256Of(first_.certificate)})->state, EndpointState::Ok);
    LocalVcenter other(loop_, second_);
    EndpointChange change;
    change.url = other.url();
    change.trust = EndpointTrust{TrustKind::Ask, ""};

    const auto changed = await(directory_->change("vc1", std::move(change)));

    ASSERT_TRUE(changed) << changed.error().message();
    EXPECT_EQ(changed->state, EndpointState::Untrusted);
    EXPECT_TRUE(changed->record.certificate.empty());
    EXPECT_EQ(other.requests, 0);
}

// Names that look like ids are refused now; an earlier version took them.
TEST_F(CertificateWorkflow, AnIdIsNeverTheNameOfAnother) {
    const auto first = add({TrustKind::Ask, ""});
    ASSERT_TRUE(first);
    const auto missing = wire::newId<wire::EndpointId>(random_);
    EndpointChange change;
    change.name = missing.text();
    ASSERT_TRUE(await(directory_->change("vc1", std::move(change))));

    EXPECT_FALSE(directory_->find(missing.text()));
    EXPECT_TRUE(directory_->find(first->record.id.text()));
}

}  // namespace
}  // namespace pcg::gateway
