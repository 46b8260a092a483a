// SPDX-License-Identifier: Apache-2.0
// The gateway's side of a pairing from first boot to Active.
#include "test/unit/gateway/enrollment/enrollment_fixture.h"

namespace pcg::gateway::test {
namespace {

using namespace std::chrono_literals;

TEST_F(EnrollmentTest, WhatWasGrantedWithTheYesComesWithThePapersAlsoOverARestart) {
    ASSERT_TRUE(pairUntilConfirm());
    ASSERT_TRUE(enrollment->decide(true, RemoteAccess{false, true}));
    ASSERT_TRUE(until([this] { return plane->puts.size() >= 1; }));
    boot();
    const auto before = plane->puts.size();
    ASSERT_TRUE(until([&] { return plane->puts.size() > before; }));
    ASSERT_TRUE(enrollment->record().accepted);
    EXPECT_EQ(enrollment->record().accepted->remote, (RemoteAccess{false, true}));
    plane->approve();
    ASSERT_TRUE(until([this] { return finished; }));
    EXPECT_EQ(enrollment->record().provisioned->remote, (RemoteAccess{false, true}));
    boot();
    ASSERT_TRUE(until([this] { return finished; }));
    EXPECT_EQ(enrollment->record().provisioned->remote, (RemoteAccess{false, true}));
}

TEST_F(EnrollmentTest, FromFirstBootToActive) {
    ASSERT_TRUE(pairUntilConfirm());
    EXPECT_EQ(enrollment->status().sas, plane->sas);
    EXPECT_EQ(enrollment->status().tenantName, "acme");
    EXPECT_TRUE(plane->puts.empty());

    ASSERT_TRUE(enrollment->decide(true));
    plane->approve();
    ASSERT_TRUE(until([this] { return finished; }));
    ASSERT_TRUE(result) << result.error().message();
    const auto& provisioned = enrollment->record().provisioned;
    ASSERT_TRUE(provisioned);
    EXPECT_EQ(provisioned->bundle.tenantId, kTenant);
    EXPECT_FALSE(enrollment->record().accepted);

    Result<> acknowledged;
    finished = false;
    const auto acknowledge = [](Enrollment& subject, Result<>& out, bool& done) -> net::Task<void> {
        out = co_await subject.acknowledge();
        done = true;
    };
    net::asio::co_spawn(
        loop, acknowledge(*enrollment, acknowledged, finished), net::asio::detached);
    ASSERT_TRUE(until([this] { return finished; }));
    EXPECT_TRUE(acknowledged);
    EXPECT_EQ(enrollment->status().state, PairingState::Active);
    EXPECT_EQ(plane->acknowledged.size(), 1U);

    boot();
    ASSERT_TRUE(until([this] { return finished; }));
    EXPECT_EQ(enrollment->status().state, PairingState::Active);
    EXPECT_EQ(enrollment->status().tenantName, "acme");
}

TEST_F(EnrollmentTest, TheCodeIsShownOnlyWhileTheControlPlaneHoldsTheOffer) {
    int refusals = 2;
    plane->intercept = [&](const http::RequestHead& head,
                           const std::string&) -> std::optional<Result<Answer>> {
        if (head.target != "/pair/v1/offers" || refusals-- <= 0) return std::nullopt;
        return Result<Answer>(fail(kControlPlane, "connection refused"));
    };
    ASSERT_TRUE(untilState(PairingState::Offered));
    for (const auto& status : history) {
        EXPECT_EQ(status.code.empty(), status.state != PairingState::Offered);
    }
    EXPECT_GE(history.size(), 3U);
    EXPECT_FALSE(log.contains(enrollment->status().code));

    const auto first = enrollment->status().code;
    plane->offerGone = true;
    ASSERT_TRUE(until([&] {
        return enrollment->status().state == PairingState::Offered &&
               enrollment->status().code != first;
    }));
    EXPECT_EQ(plane->offers, 2);
}

TEST_F(EnrollmentTest, AttemptsSurviveTheProcess) {
    ASSERT_TRUE(pairUntilConfirm());
    boot();
    ASSERT_TRUE(untilState(PairingState::Offered));

    EXPECT_EQ(enrollment->record().attempts.toStore().size(), 1U);
}

// P07: exactly ten in an hour, although a code alone would take two more.
TEST_F(EnrollmentTest, TheEleventhAttemptWithinAnHourIsNotAnswered) {
    for (int attempt = 1; attempt <= 11; ++attempt) {
        ASSERT_TRUE(until([&] { return plane->offers == (attempt + 2) / 3; })) << attempt;
        const auto answered = plane->fromGateway.size();
        plane->claimWithGarbage();
        ASSERT_TRUE(until([&] { return plane->fromGateway.size() > answered; })) << attempt;
        const auto& told = plane->fromGateway.back();
        EXPECT_EQ(told.type, "fail");
        EXPECT_EQ(told.raw.find("resting") != std::string::npos, attempt == 11) << told.raw;
    }
    ASSERT_TRUE(untilState(PairingState::Cooldown));

    EXPECT_EQ(stored().attempts.toStore().size(), 10U);
    EXPECT_EQ(plane->offers, 4);
}

TEST_F(EnrollmentTest, TheConsolesNoMakesANewCodeAndTellsTheTenant) {
    ASSERT_TRUE(pairUntilConfirm());
    const auto first = plane->sid;
    ASSERT_TRUE(enrollment->decide(false));
    ASSERT_TRUE(until([&] {
        return plane->offers == 2 && plane->sid != first &&
               enrollment->status().state == PairingState::Offered;
    }));

    EXPECT_EQ(plane->tenantFailure, "pairing.rejected");
    EXPECT_TRUE(plane->puts.empty());
    EXPECT_TRUE(enrollment->decide(true).error().is(kNothingToDecide));
}

// P06
TEST_F(EnrollmentTest, PapersFromAnotherTenantAreRefused) {
    plane->bundleTenant = "tn_00000000000000000000000000";
    ASSERT_TRUE(pairUntilConfirm());
    ASSERT_TRUE(enrollment->decide(true));
    plane->approve();
    ASSERT_TRUE(until([this] { return log.contains("enrollment.papers_refused"); }));

    EXPECT_FALSE(enrollment->record().provisioned);
}

// P04
TEST_F(EnrollmentTest, PapersSignedUnderAnotherRootAreRefused) {
    ASSERT_TRUE(pairUntilConfirm());
    const auto other = get(crypto::CertificateAuthority::createRoot("Evil root", clock.wallNow()));
    plane->signerCertificate =
        get(other.issueEnrollmentSigner(plane->signerKey.publicSpki(), "Evil", clock.wallNow()));
    ASSERT_TRUE(enrollment->decide(true));
    plane->approve();
    ASSERT_TRUE(until([this] { return log.contains("enrollment.papers_refused"); }));

    EXPECT_FALSE(enrollment->record().provisioned);
}

TEST_F(EnrollmentTest, AnOwnedGatewaySaysWhomToAsk) {
    plane->intercept = [](const http::RequestHead&,
                          const std::string&) -> std::optional<Result<Answer>> {
        return Result<Answer>(Answer{409, R"({"code":"gateway_bound"})"});
    };
    ASSERT_TRUE(untilState(PairingState::Stopped));

    EXPECT_NE(enrollment->status().message.find("ask the owner to release it"), std::string::npos);
}

}  // namespace
}  // namespace pcg::gateway::test
