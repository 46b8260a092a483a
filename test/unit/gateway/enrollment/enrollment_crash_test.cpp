// SPDX-License-Identifier: Apache-2.0
// What is left after a kill or a full disk at each durable step (crash table of
// docs/protocol/pairing.md), and after the end of a pairing.
#include "test/unit/gateway/enrollment/enrollment_fixture.h"

namespace pcg::gateway::test {
namespace {

TEST_F(EnrollmentTest, AnAttemptThatCannotBeStoredIsNotAnswered) {
    ASSERT_TRUE(untilState(PairingState::Offered));
    const auto first = enrollment->status().code;
    store.failing = true;
    plane->claim(shownCode());
    ASSERT_TRUE(untilState(PairingState::Stopped));

    EXPECT_EQ(enrollment->status().message, "the disk is full");
    EXPECT_TRUE(plane->fromGateway.empty());
    EXPECT_TRUE(enrollment->record().attempts.toStore().empty());

    // There is room again: a new code, without a hand.
    store.failing = false;
    ASSERT_TRUE(until([&] {
        return enrollment->status().state == PairingState::Offered &&
               enrollment->status().code != first;
    }));
}

TEST_F(EnrollmentTest, AYesThatCannotBeStoredIsNotSentAndLeavesNothingBehind) {
    ASSERT_TRUE(pairUntilConfirm());
    store.failing = true;
    ASSERT_TRUE(enrollment->decide(true));
    ASSERT_TRUE(untilState(PairingState::Stopped));

    EXPECT_TRUE(plane->puts.empty());
    EXPECT_FALSE(enrollment->record().accepted);
    store.failing = false;
    ASSERT_TRUE(untilState(PairingState::Offered));
    EXPECT_TRUE(plane->puts.empty());
}

TEST_F(EnrollmentTest, AKillAfterTheYesRepeatsTheVerySameRequest) {
    ASSERT_TRUE(pairUntilConfirm());
    ASSERT_TRUE(enrollment->decide(true));
    ASSERT_TRUE(until([this] { return plane->puts.size() >= 1; }));
    boot();
    const auto before = plane->puts.size();
    ASSERT_TRUE(until([&] { return plane->puts.size() > before; }));
    EXPECT_EQ(plane->puts.front(), plane->puts.back());
    EXPECT_EQ(plane->offers, 1);

    plane->approve();
    ASSERT_TRUE(until([this] { return finished; }));
    EXPECT_TRUE(enrollment->record().provisioned);
}

TEST_F(EnrollmentTest, AKillAfterTheAnswerButBeforeItWasStoredGetsTheSamePapersAgain) {
    ASSERT_TRUE(pairUntilConfirm());
    plane->approve();
    // The papers come, and the disk fails before they are stored.
    plane->intercept = [&](const http::RequestHead& head,
                           const std::string&) -> std::optional<Result<Answer>> {
        store.failing = head.method == "PUT";
        return std::nullopt;
    };
    ASSERT_TRUE(enrollment->decide(true));
    ASSERT_TRUE(untilState(PairingState::Stopped));
    EXPECT_FALSE(enrollment->record().provisioned);
    plane->intercept = {};
    store.failing = false;
    boot();
    ASSERT_TRUE(until([this] { return finished; }));

    EXPECT_TRUE(result);
    EXPECT_TRUE(enrollment->record().provisioned);
    EXPECT_EQ(plane->offers, 1);
}

TEST_F(EnrollmentTest, WithPapersTheNextBootHasNothingToDo) {
    ASSERT_TRUE(pairUntilConfirm());
    ASSERT_TRUE(enrollment->decide(true));
    plane->approve();
    ASSERT_TRUE(until([this] { return finished; }));
    const auto id = enrollment->record().keys.gatewayId();
    const auto requests = plane->requests.size();
    boot();
    ASSERT_TRUE(until([this] { return finished; }));

    EXPECT_TRUE(result);
    EXPECT_EQ(enrollment->record().keys.gatewayId(), id);
    EXPECT_EQ(plane->requests.size(), requests);
}

TEST_F(EnrollmentTest, AClaimThatIsGoneRollsBackToANewOffer) {
    ASSERT_TRUE(pairUntilConfirm());
    plane->loseTheClaim();
    ASSERT_TRUE(enrollment->decide(true));
    ASSERT_TRUE(until([this] { return plane->offers == 2; }));

    EXPECT_FALSE(enrollment->record().accepted || enrollment->record().provisioned);
}

// What may have been issued for the old keys was, or will be, revoked.
TEST_F(EnrollmentTest, APairingThatIsOverTakesItsKeysWithItButNotTheIdentity) {
    ASSERT_TRUE(pairUntilConfirm());
    const auto id = enrollment->record().keys.gatewayId();
    const auto nkey = enrollment->record().keys.nkey.publicKey().text();
    const auto csr = enrollment->record().keys.csr;
    plane->loseTheClaim();
    ASSERT_TRUE(enrollment->decide(true));
    ASSERT_TRUE(until([this] { return plane->offers == 2; }));

    EXPECT_EQ(enrollment->record().keys.gatewayId(), id);
    EXPECT_NE(enrollment->record().keys.nkey.publicKey().text(), nkey);
    EXPECT_NE(enrollment->record().keys.csr, csr);
    boot();
    ASSERT_TRUE(untilState(PairingState::Offered));
    EXPECT_EQ(enrollment->record().keys.gatewayId(), id);
}

TEST_F(EnrollmentTest, AGatewayThatIsGivenBackTellsSoBeforeItOffersItselfAgain) {
    ASSERT_TRUE(pairUntilConfirm());
    ASSERT_TRUE(enrollment->decide(true));
    plane->approve();
    ASSERT_TRUE(until([this] { return finished; }));
    int refusals = 2;
    std::vector<std::string> released;
    plane->intercept = [&](const http::RequestHead& head,
                           const std::string& body) -> std::optional<Result<Answer>> {
        if (head.target != pairing::kReleasePath) return std::nullopt;
        if (refusals-- > 0) return Result<Answer>(fail(kControlPlane, "connection refused"));
        const auto* header = head.headers.find(pairing::kOfferSignatureHeader);
        const auto signature = codec::base64UrlDecode(header == nullptr ? "" : *header);
        const auto spki = enrollment->record().keys.device.publicSpki();
        EXPECT_TRUE(signature &&
                    crypto::verifyEs256(spki, pairing::releaseSigningInput(body), *signature));
        released.push_back(body);
        return Result<Answer>(Answer{204, ""});
    };
    finished = false;
    const auto giveBack = [](Enrollment& subject, bool& done) -> net::Task<void> {
        EXPECT_TRUE(co_await subject.beginRelease());
        done = true;
    };
    net::asio::co_spawn(loop, giveBack(*enrollment, finished), net::asio::detached);
    ASSERT_TRUE(until([this] { return finished; }));

    // The process dies between the wish and its fulfilment, and again before it was told.
    const auto forget = [](Enrollment& subject, bool& done) -> net::Task<void> {
        EXPECT_TRUE(co_await subject.load());
        EXPECT_TRUE(subject.record().releasing && subject.record().provisioned);
        EXPECT_TRUE(co_await subject.forget());
        done = true;
    };
    finished = false;
    net::asio::co_spawn(loop, forget(*enrollment, finished), net::asio::detached);
    ASSERT_TRUE(until([this] { return finished; }));
    const auto offersBefore = plane->offers;
    boot();
    ASSERT_TRUE(untilState(PairingState::Offered));

    ASSERT_EQ(released.size(), 1U);
    const auto request = get(pairing::ReleaseRequest::parse(released.front()));
    EXPECT_EQ(request.tenantId, kTenant);
    EXPECT_EQ(request.epoch, 1);
    EXPECT_EQ(plane->offers, offersBefore + 1);
    EXPECT_FALSE(get(EnrollmentRecord::parse(*store.document)).releasing);
}

}  // namespace
}  // namespace pcg::gateway::test
