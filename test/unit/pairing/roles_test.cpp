// SPDX-License-Identifier: Apache-2.0
// Both roles against each other: P07, P10, P11, P13 of the test list, limits and lifetimes.
#include "pairing/errc.h"
#include "test/unit/pairing/pairing_run.h"

#include <gtest/gtest.h>

namespace pcg::pairing::test {
namespace {

using std::chrono::seconds;

TEST(Roles, ARunEndsWithTheSameNumberOnBothScreensAndTwoEqualReports) {
    PairingRun run;
    ASSERT_TRUE(run.claim());
    run.pump();

    ASSERT_TRUE(run.shown && run.compared);
    EXPECT_EQ(run.shown->sas, run.compared->sas);
    EXPECT_EQ(run.shown->sas.size(), 6U);
    EXPECT_EQ(run.shown->terms.tenantName, "Acme GmbH");
    EXPECT_EQ(run.compared->hostname, "gw.example");
    EXPECT_FALSE(run.accepted || run.approved);

    run.take(run.responder->decide(true));
    run.take(run.commissioner->decide(true));
    ASSERT_TRUE(run.accepted && run.approved);
    EXPECT_EQ(run.accepted->pth, run.approved->pth);
    EXPECT_EQ(run.accepted->reportTag, run.approved->reportTag);
    EXPECT_EQ(run.accepted->terms.tenantId, kTenant);
    EXPECT_EQ(run.accepted->controlPlaneRootDer, run.fixture.root.certificate().der());
    EXPECT_EQ(run.persisted, 1);

    run.toTenant({run.terms.claimId, 0, "status", Status{"active", ""}.write()});
    EXPECT_EQ(run.paired, run.offer.gatewayId);
}

TEST(Roles, NothingIsAnsweredBeforeTheAttemptIsDurable) {
    PairingRun run;
    run.answerAttempts = false;
    ASSERT_TRUE(run.claim());
    run.pump();

    EXPECT_EQ(run.persisted, 1);
    EXPECT_EQ(run.responder->state(), Responder::State::Counting);
    for (const auto& envelope : run.log) EXPECT_NE(envelope.type, "pake_b");
    EXPECT_EQ(run.responder->attemptsLeft(), 2);

    run.take(run.responder->attemptPersisted());
    run.pump();
    EXPECT_TRUE(run.shown);
}

TEST(Roles, ThreeWrongCodesBurnTheCodeAndNotOneRunMore) {
    PairingRun run;
    for (int attempt = 1; attempt <= 3; ++attempt) {
        ASSERT_TRUE(run.claim(run.fixture.wrongW));
        run.pump();
        ASSERT_EQ(run.tenantErrors.size(), static_cast<std::size_t>(attempt));
        EXPECT_TRUE(run.tenantErrors.back().is(kBadCode));
        EXPECT_FALSE(run.shown || run.compared);
        if (attempt < 3) run.again();
    }
    EXPECT_EQ(run.responder->state(), Responder::State::Burnt);
    EXPECT_NE(run.tenantErrors.back().message().find("this code is void"), std::string::npos);

    run.terms.claimId = run.random.array<16>();
    ASSERT_TRUE(run.claim());
    run.pump();
    EXPECT_EQ(run.persisted, 3);
    EXPECT_FALSE(run.shown);
}

TEST(Roles, TheRightCodeAfterAWrongOneStillPairs) {
    PairingRun run;
    ASSERT_TRUE(run.claim(run.fixture.wrongW));
    run.pump();
    EXPECT_NE(run.tenantErrors.at(0).message().find("2 of 3 attempts"), std::string::npos);
    run.again();
    ASSERT_TRUE(run.claim());
    run.pump();

    EXPECT_TRUE(run.shown);
}

// P10
TEST(Roles, TheConsolesNoBurnsTheCodeAndTellsTheTenant) {
    PairingRun run;
    ASSERT_TRUE(run.claim());
    run.pump();
    run.take(run.responder->decide(false));
    run.pump();

    EXPECT_EQ(run.responder->state(), Responder::State::Burnt);
    EXPECT_FALSE(run.accepted);
    ASSERT_EQ(run.tenantErrors.size(), 1U);
    EXPECT_TRUE(run.tenantErrors[0].is(kRejected));
    EXPECT_TRUE(run.commissioner->decide(true).empty());
}

TEST(Roles, TheConsolesSilenceIsANoAfterTwoMinutes) {
    PairingRun run;
    ASSERT_TRUE(run.claim());
    run.pump();
    run.clock.advance(seconds(119));
    EXPECT_TRUE(run.responder->tick().empty());
    run.clock.advance(seconds(1));
    run.take(run.responder->tick());
    run.pump();

    EXPECT_EQ(run.responder->state(), Responder::State::Burnt);
    EXPECT_FALSE(run.shown);
    EXPECT_TRUE(run.responder->decide(true).empty());
    EXPECT_TRUE(run.tenantErrors.at(0).is(kExpired));
}

TEST(Roles, AnExpectedTenantIsTakenWithoutAskingAndAnyOtherIsRefused) {
    PairingRun expected;
    expected.facts.expectedTenant = kTenant;
    ASSERT_TRUE(expected.claim());
    expected.pump();
    ASSERT_TRUE(expected.accepted && expected.compared);
    EXPECT_EQ(expected.accepted->acceptMode, "expected_tenant");
    EXPECT_TRUE(expected.compared->automatic);
    EXPECT_FALSE(expected.shown);

    PairingRun other;
    other.facts.expectedTenant = "somebody-else";
    ASSERT_TRUE(other.claim());
    other.pump();
    EXPECT_FALSE(other.accepted);
    EXPECT_EQ(other.responder->state(), Responder::State::Burnt);
    EXPECT_TRUE(other.tenantErrors.at(0).is(kRejected));
}

TEST(Roles, ATenantThatIsNamedLikeTheExpectedOnesIdIsRefused) {
    PairingRun namesake;
    namesake.facts.expectedTenant = namesake.terms.tenantName = "tn_01jd3v8z9q4m6x2c7b5k0h1w8f";
    ASSERT_TRUE(namesake.claim());
    namesake.pump();

    EXPECT_FALSE(namesake.accepted);
    EXPECT_EQ(namesake.responder->state(), Responder::State::Burnt);
    EXPECT_TRUE(namesake.tenantErrors.at(0).is(kRejected));
}

TEST(Roles, AnAttemptThatIsOneTooManyBurnsTheCodeAndIsNotAnswered) {
    PairingRun run;
    run.answerAttempts = false;
    ASSERT_TRUE(run.claim());
    run.pump();
    run.take(run.responder->attemptRefused());
    run.pump();

    EXPECT_EQ(run.responder->state(), Responder::State::Burnt);
    EXPECT_TRUE(run.tenantErrors.at(0).is(kResting));
    EXPECT_TRUE(run.responder->attemptPersisted().empty());
}

TEST(Roles, TheTenantsNoEndsItOnBothSides) {
    PairingRun run;
    ASSERT_TRUE(run.claim());
    run.pump();
    run.take(run.commissioner->decide(false));
    run.pump();

    EXPECT_FALSE(run.approved);
    EXPECT_FALSE(run.shown);
    EXPECT_EQ(run.responder->state(), Responder::State::Burnt);
}

TEST(Roles, AnUnusedCodeExpiresAfterTenMinutes) {
    PairingRun run;
    run.makeResponder();
    run.clock.advance(seconds(599));
    EXPECT_TRUE(run.responder->tick().empty());
    run.clock.advance(seconds(1));
    run.take(run.responder->tick());

    EXPECT_EQ(run.responder->state(), Responder::State::Burnt);
    EXPECT_TRUE(run.gatewayErrors.at(0).is(kExpired));
}

TEST(Roles, ARunningClaimHoldsTheCodeForFiveMinutesAtMost) {
    PairingRun run;
    run.answerAttempts = false;
    run.makeResponder();
    run.clock.advance(seconds(590));
    ASSERT_TRUE(run.claim());
    run.clock.advance(seconds(299));
    EXPECT_TRUE(run.responder->tick().empty());
    EXPECT_EQ(run.responder->state(), Responder::State::Claimed);
    run.clock.advance(seconds(1));
    run.take(run.responder->tick());

    EXPECT_EQ(run.responder->state(), Responder::State::Burnt);
}

TEST(Roles, TheWallClockDoesNotMoveLifetimes) {
    PairingRun run;
    run.makeResponder();
    run.clock.stepWall(std::chrono::hours(24 * 3650));

    EXPECT_TRUE(run.responder->tick().empty());
}

// P04
TEST(Roles, ARootThatTheClaimDoesNotNameIsRefusedByBoth) {
    PairingRun run;
    auto reply = run.reply();
    reply.controlPlaneRootDer = run.fixture.otherRoot.certificate().der();
    const auto checked = checkClaim(reply, {run.fixture.code.nameplate(), kTenant, std::nullopt});
    ASSERT_FALSE(checked);
    EXPECT_TRUE(checked.error().is(kRoot));

    PairingRun pinned;
    pinned.facts.pinnedRootSpkiSha256 = pinned.fixture.otherRoot.certificate().spkiSha256();
    ASSERT_TRUE(pinned.claim());
    pinned.pump();
    EXPECT_FALSE(pinned.shown);
    EXPECT_TRUE(pinned.gatewayErrors.at(0).is(kRoot));

    PairingRun trusting;
    trusting.trustedRoot = trusting.fixture.otherRoot.certificate().spkiSha256();
    EXPECT_TRUE(trusting.claim().error().is(kRoot));
}

TEST(Roles, AnAnswerThatDoesNotFitWhatTheTenantKnowsCostsNoAttempt) {
    PairingRun run;
    const auto refusedAs = [&](const ClaimReply& reply, const ErrorCode& code) {
        const auto checked =
            checkClaim(reply, {run.fixture.code.nameplate(), kTenant, std::nullopt});
        return !checked && checked.error().is(code);
    };
    auto reply = run.reply();
    EXPECT_FALSE(refusedAs(reply, kBinding));
    reply.serverNonce[0] ^= 1;
    EXPECT_TRUE(refusedAs(reply, kBinding));
    reply = run.reply();
    reply.claimId[0] ^= 1;
    EXPECT_TRUE(refusedAs(reply, kBinding));
    auto terms = run.terms;
    terms.tenantId = "tn_00000000000000000000000000";
    reply = run.reply();
    reply.claimRaw = terms.write();
    EXPECT_TRUE(refusedAs(reply, kBinding));
    auto offer = run.offer;
    offer.nameplate = "0000";
    reply = run.reply();
    reply.offerRaw = offer.write();
    EXPECT_TRUE(refusedAs(reply, kBinding));
}

// P13
TEST(Roles, StrippedVersionsAndSuitesAreRefused) {
    PairingRun run;
    auto offer = run.offer;
    offer.versions = {0};
    auto reply = run.reply();
    reply.offerRaw = offer.write();
    EXPECT_TRUE(checkClaim(reply, {run.fixture.code.nameplate(), kTenant, std::nullopt})
                    .error()
                    .is(kVersion));
    offer = run.offer;
    offer.suites = {"NONE"};
    reply.offerRaw = offer.write();
    EXPECT_TRUE(checkClaim(reply, {run.fixture.code.nameplate(), kTenant, std::nullopt})
                    .error()
                    .is(kVersion));

    // A list that only grew is accepted, but the two ends hashed different offers: no confirmation.
    PairingRun grown;
    grown.offer.versions = {0, 1};
    const auto original = grown.offerRaw;
    grown.makeResponder();
    grown.offerRaw = grown.offer.write();
    ASSERT_TRUE(grown.claim());
    grown.pump();
    EXPECT_FALSE(grown.shown || grown.compared);
    EXPECT_TRUE(grown.tenantErrors.at(0).is(kBadCode));
}

// P11
TEST(Roles, ReplaysOfAFinishedRunChangeNothing) {
    PairingRun run;
    ASSERT_TRUE(run.claim(run.fixture.wrongW));
    run.pump();
    const auto recorded = run.log;
    const auto persisted = run.persisted;
    run.queue.clear();
    for (const auto& envelope : recorded) run.take(run.responder->receive(envelope));

    EXPECT_EQ(run.persisted, persisted);
    EXPECT_EQ(run.responder->state(), Responder::State::Offered);
    EXPECT_TRUE(run.queue.empty());
}

TEST(Roles, MessagesOfAnotherOfferAreRefused) {
    PairingRun first(1);
    ASSERT_TRUE(first.claim());
    first.pump();
    // The same gateway after a restart: another offer, hence another sid.
    PairingRun second(2);
    Nonce nonce{9};
    second.responder =
        std::make_unique<Responder>(second.facts,
                                    sidOf(nonce, nonce),
                                    second.offerRaw,
                                    get(crypto::Scalar::parse(first.fixture.w.bytes().reveal())),
                                    second.clock,
                                    second.random);
    for (const auto& envelope : first.log) second.take(second.responder->receive(envelope));

    EXPECT_EQ(second.responder->state(), Responder::State::Offered);
    EXPECT_EQ(second.persisted, 0);
}

TEST(Roles, ARepeatedDeliveryIsTakenOnce) {
    PairingRun run;
    int deliveries = 0;
    run.tamper = [&](Envelope& envelope, bool toGateway) {
        ++deliveries;
        auto copy = envelope;
        if (toGateway)
            run.take(run.responder->receive(copy));
        else if (run.commissioner)
            run.take(run.commissioner->receive(copy));
        return true;
    };
    ASSERT_TRUE(run.claim());
    run.pump();

    EXPECT_TRUE(run.shown && run.compared);
    EXPECT_EQ(run.persisted, 1);
    EXPECT_EQ(deliveries, 5);
}

TEST(Roles, SwappedDirectionAndReflectionAreRefused) {
    PairingRun run;
    run.tamper = [](Envelope& envelope, bool toGateway) {
        if (!toGateway && envelope.type == "pake_b") {  // pA sent back as pB
            auto pake = get(PakeB::parse(envelope.raw));
            pake.pB = pake.encPub;
            envelope.raw = pake.write();
        }
        return true;
    };
    ASSERT_TRUE(run.claim());
    run.pump();
    EXPECT_FALSE(run.shown || run.compared);
    EXPECT_EQ(run.responder->attemptsLeft(), 2);
}

TEST(Roles, AnUnusableShareBurnsAnAttempt) {
    PairingRun run;
    run.tamper = [](Envelope& envelope, bool toGateway) {
        if (toGateway && envelope.type == "pake_a") envelope.raw = PakeA{PointBytes{0x04}}.write();
        return true;
    };
    ASSERT_TRUE(run.claim());
    run.pump();

    EXPECT_EQ(run.persisted, 1);
    EXPECT_EQ(run.responder->attemptsLeft(), 2);
    EXPECT_TRUE(run.gatewayErrors.at(0).is(kShare));
}

TEST(Roles, AClaimWhileOneRunsLearnsNothingAndDisturbsNothing) {
    PairingRun run;
    ASSERT_TRUE(run.claim());
    auto other = run.terms;
    other.claimId = run.random.array<16>();
    other.tenantId = "tn_00000000000000000000000000";
    run.take(run.responder->receive({other.claimId, 0, "claim", other.write()}));
    run.pump();

    ASSERT_TRUE(run.shown);
    EXPECT_EQ(run.shown->terms.tenantId, kTenant);
}

TEST(Roles, StatusActiveWithoutTheTenantsWordIsNotAPairing) {
    PairingRun run;
    ASSERT_TRUE(run.claim());
    run.pump();
    run.toTenant({run.terms.claimId, 0, "status", Status{"active", ""}.write()});

    EXPECT_TRUE(run.paired.empty());
}

}  // namespace
}  // namespace pcg::pairing::test
