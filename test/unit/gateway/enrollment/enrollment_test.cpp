// SPDX-License-Identifier: Apache-2.0
// The gateway's side of a pairing from first boot to Active, and what is left after a crash at each
// durable step (crash table of docs/protocol/pairing.md).
#include "gateway/enrollment/enrollment.h"

#include "common/crypto/random.h"
#include "gateway/enrollment/papers.h"
#include "gateway/enrollment/renewal.h"
#include "test/support/log_capture.h"
#include "test/unit/gateway/enrollment/fake_control_plane.h"

#include <gtest/gtest.h>

namespace pcg::gateway::test {
namespace {

using namespace std::chrono_literals;

class MemoryStore final : public EnrollmentStore {
  public:
    net::Task<Result<std::optional<Secret>>> load() override {
        std::optional<Secret> copy;
        if (document) copy.emplace(document->clone());
        co_return copy;
    }

    net::Task<Result<>> save(Secret fresh) override {
        if (failing) co_return fail(kControlPlane, "the disk is full");
        document.emplace(std::move(fresh));
        ++saves;
        co_return Result<>();
    }

    std::optional<Secret> document;
    int saves = 0;
    bool failing = false;
};

net::Task<Result<crypto::Scalar>> stretchHere(pairing::PairingCode code, pairing::Sid sid) {
    co_return pairing::passwordScalar(code, sid);
}

class EnrollmentTest : public ::testing::Test {
  protected:
    void SetUp() override { boot(); }

    void TearDown() override {
        enrollment->stop();
        until([this] { return finished; });
    }

    // A process of the gateway: what survives is the store.
    void boot() {
        if (enrollment) {
            enrollment->stop();
            until([this] { return finished; });
        }
        EnrollmentPorts ports{store, clock, random, plane, {}, stretchHere, {}};
        ports.authenticated = [this](const std::string&,
                                     Secret) -> Result<std::shared_ptr<http::Caller>> {
            return plane;
        };
        ports.onStatus = [this](const PairingStatus& status) { history.push_back(status); };
        enrollment = std::make_unique<Enrollment>(
            std::move(ports), EnrollmentFacts{"gw.example", "0.1.0", expectedTenant, std::nullopt});
        finished = false;
        result = Result<>();
        net::asio::co_spawn(loop, run(), net::asio::detached);
    }

    net::Task<void> run() {
        result = co_await enrollment->load();
        if (result) result = co_await enrollment->untilProvisioned();
        finished = true;
    }

    template <class Predicate>
    bool until(Predicate predicate) {
        const auto giveUp = std::chrono::steady_clock::now() + 20s;
        while (!predicate()) {
            if (std::chrono::steady_clock::now() > giveUp) return false;
            loop.restart();
            loop.run_one_for(20ms);
        }
        return true;
    }

    bool untilState(PairingState state) {
        return until([&] { return enrollment->status().state == state; });
    }

    pairing::PairingCode shownCode() {
        return get(pairing::PairingCode::parse(enrollment->status().code));
    }

    // Up to the question on the console.
    bool pairUntilConfirm() {
        if (!untilState(PairingState::Offered)) return false;
        plane->claim(shownCode());
        return untilState(PairingState::Confirm) && until([this] { return !plane->sas.empty(); });
    }

    pcg::test::LogCapture log;
    net::Loop loop{1};
    SystemClock clock;
    crypto::SystemRandom random;
    MemoryStore store;
    std::shared_ptr<FakeControlPlane> plane = std::make_shared<FakeControlPlane>(clock, random);
    std::string expectedTenant;
    std::unique_ptr<Enrollment> enrollment;
    std::vector<PairingStatus> history;
    Result<> result;
    bool finished = false;
};

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

TEST_F(EnrollmentTest, AttemptsSurviveTheProcess) {
    ASSERT_TRUE(pairUntilConfirm());
    boot();
    ASSERT_TRUE(untilState(PairingState::Offered));

    EXPECT_EQ(enrollment->record().attempts.toStore().size(), 1U);
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
    plane->intercept = [](const http::RequestHead& head,
                          const std::string&) -> std::optional<Result<Answer>> {
        if (head.method != "PUT") return std::nullopt;
        return Result<Answer>(Answer{410, R"({"code":"gone"})"});
    };
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
    plane->intercept = [](const http::RequestHead& head,
                          const std::string&) -> std::optional<Result<Answer>> {
        if (head.method != "PUT") return std::nullopt;
        return Result<Answer>(Answer{410, R"({"code":"gone"})"});
    };
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

TEST_F(EnrollmentTest, TheTokenIsRenewedAndStored) {
    ASSERT_TRUE(pairUntilConfirm());
    ASSERT_TRUE(enrollment->decide(true));
    plane->approve();
    ASSERT_TRUE(until([this] { return finished; }));
    const auto before = enrollment->record().provisioned->bundle.bus.userJwt;
    finished = false;
    const auto renew = [](Enrollment& subject, Result<>& out, bool& done) -> net::Task<void> {
        out = co_await subject.renew();
        done = true;
    };
    net::asio::co_spawn(loop, renew(*enrollment, result, finished), net::asio::detached);
    ASSERT_TRUE(until([this] { return finished; }));

    ASSERT_TRUE(result) << result.error().message();
    EXPECT_NE(enrollment->record().provisioned->bundle.bus.userJwt, before);
    const auto stored = get(EnrollmentRecord::parse(*store.document));
    EXPECT_EQ(stored.provisioned->bundle.bus.userJwt,
              enrollment->record().provisioned->bundle.bus.userJwt);
}

TEST(Renewal, AsksAfterAThirdOfTheTokensLifeGiveOrTakeATenth) {
    crypto::SystemRandom random;
    const WallTime issued = fromUnixMilliseconds(1'795'300'000'000);
    for (int i = 0; i < 200; ++i) {
        const auto wait = renewIn(issued, issued + 24h, issued, random);
        EXPECT_GE(wait, std::chrono::minutes(432));
        EXPECT_LE(wait, std::chrono::minutes(528));
    }
    EXPECT_EQ(renewIn(issued, issued + 24h, issued + 30h, random), 1s);
}

}  // namespace
}  // namespace pcg::gateway::test
