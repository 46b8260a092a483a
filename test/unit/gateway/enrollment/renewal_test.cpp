// SPDX-License-Identifier: Apache-2.0
// Renewal on the gateway's side: what is stored before and after, what is believed, and what only a
// person can put right.
#include "common/codec/json.h"
#include "test/unit/gateway/enrollment/enrollment_fixture.h"

#include <array>

namespace pcg::gateway::test {
namespace {

using namespace std::chrono_literals;

class RenewalTest : public EnrollmentTest {
  protected:
    void SetUp() override {
        EnrollmentTest::SetUp();
        ASSERT_TRUE(pairUntilProvisioned());
    }

    const ProvisionedPairing& papers() const { return *enrollment->record().provisioned; }

    pairing::RenewRequest asked(std::size_t index) const {
        return get(pairing::RenewRequest::parse(plane->renewals.at(index)));
    }

    void refuseWith(const std::string& code) {
        plane->intercept = [code](const http::RequestHead& head,
                                  const std::string&) -> std::optional<Result<Answer>> {
            if (!head.target.ends_with("/renew")) return std::nullopt;
            return Result<Answer>(
                Answer{403, R"({"code":")" + code + R"(","detail":"the reason"})"});
        };
    }
};

TEST_F(RenewalTest, TheTokenIsRenewedAndStored) {
    const auto before = papers().bundle.bus.userJwt;

    ASSERT_TRUE(renew()) << result.error().message();

    EXPECT_NE(papers().bundle.bus.userJwt, before);
    EXPECT_EQ(stored().provisioned->bundle.bus.userJwt, papers().bundle.bus.userJwt);
}

TEST_F(RenewalTest, EachRequestShowsTheValueOfTheAnswerBefore) {
    ASSERT_TRUE(renew());
    const auto second = papers().ratchet;
    ASSERT_TRUE(renew());

    EXPECT_EQ(asked(0).ratchet, (pairing::Ratchet{0, plane->ratchet0}));
    EXPECT_EQ(asked(1).ratchet, second);
    EXPECT_EQ(asked(1).ratchet.counter, 1);
    EXPECT_NE(asked(0).renewId, asked(1).renewId);
}

TEST_F(RenewalTest, ARequestIsOnTheDiskBeforeItIsSent) {
    std::optional<Secret> atSending;
    plane->intercept = [&](const http::RequestHead& head,
                           const std::string&) -> std::optional<Result<Answer>> {
        if (head.target.ends_with("/renew")) atSending.emplace(store.document->clone());
        return std::nullopt;
    };

    ASSERT_TRUE(renew());

    const auto record = get(EnrollmentRecord::parse(*atSending));
    ASSERT_TRUE(record.provisioned->renewal);
    EXPECT_EQ(record.provisioned->renewal->body, plane->renewals.at(0));
    EXPECT_FALSE(stored().provisioned->renewal);
}

TEST_F(RenewalTest, ALostAnswerIsAskedForAgainWithTheSameOctetsEvenAfterARestart) {
    bool lost = false;
    plane->intercept = [&](const http::RequestHead& head,
                           const std::string& body) -> std::optional<Result<Answer>> {
        if (!head.target.ends_with("/renew") || lost) return std::nullopt;
        lost = true;
        plane->intercept = nullptr;
        (void)plane->handle(head, body);  // it was taken, and answered to nobody
        return Result<Answer>(Answer{502, ""});
    };
    ASSERT_FALSE(renew());

    boot();
    ASSERT_TRUE(until([this] { return finished; }));
    ASSERT_TRUE(renew()) << result.error().message();

    ASSERT_EQ(plane->renewals.size(), 2u);
    EXPECT_EQ(plane->renewals[0], plane->renewals[1]);
    EXPECT_EQ(papers().ratchet.counter, 1);
}

TEST_F(RenewalTest, NothingIsSentThatCouldNotBeStored) {
    store.failing = true;
    EXPECT_FALSE(renew());
    EXPECT_TRUE(plane->renewals.empty());

    store.failing = false;
    EXPECT_TRUE(renew()) << result.error().message();
}

TEST_F(RenewalTest, ASecondCallSendsNothingThatTheFirstOneCouldNotStore) {
    net::Timer disk(loop.get_executor(), SteadyTime::max());
    store.busy = &disk;
    store.failing = true;
    std::array<Result<>, 2> results;
    std::array<bool, 2> done{};
    for (std::size_t i = 0; i < 2; ++i) {
        net::asio::co_spawn(
            loop, renewOnce(*enrollment, results.at(i), done.at(i)), net::asio::detached);
    }
    loop.restart();
    loop.poll();
    EXPECT_TRUE(plane->renewals.empty());

    disk.cancel();
    ASSERT_TRUE(until([&] { return done[0] && done[1]; }));

    EXPECT_FALSE(results[0]);
    EXPECT_FALSE(results[1]);
    EXPECT_TRUE(plane->renewals.empty());
    store.busy = nullptr;
    store.failing = false;
    ASSERT_TRUE(renew()) << result.error().message();
    EXPECT_EQ(papers().ratchet.counter, 1);
}

TEST_F(RenewalTest, TwoCallsAtOnceAreOneRenewal) {
    net::Timer disk(loop.get_executor(), SteadyTime::max());
    store.busy = &disk;
    std::array<Result<>, 2> results;
    std::array<bool, 2> done{};
    for (std::size_t i = 0; i < 2; ++i) {
        net::asio::co_spawn(
            loop, renewOnce(*enrollment, results.at(i), done.at(i)), net::asio::detached);
    }
    loop.restart();
    loop.poll();
    store.busy = nullptr;
    disk.cancel();
    ASSERT_TRUE(until([&] { return done[0] && done[1]; }));

    EXPECT_TRUE(results[0] && results[1]);
    EXPECT_EQ(plane->renewals.size(), 1U);
}

TEST_F(RenewalTest, TheCertificateIsRenewedWithANewKeyAfterTwoThirdsOfItsLife) {
    const auto key = enrollment->record().keys.tls.publicSpki();
    ASSERT_TRUE(renew());
    EXPECT_TRUE(asked(0).csr.empty());

    clock.moved = 20 * 24h + 1min;
    ASSERT_TRUE(renew()) << result.error().message();

    EXPECT_FALSE(asked(1).csr.empty());
    EXPECT_NE(enrollment->record().keys.tls.publicSpki(), key);
    const auto chain = get(crypto::parsePemCertificates(papers().bundle.clientCertChain));
    EXPECT_EQ(chain.front().publicSpki(), enrollment->record().keys.tls.publicSpki());
    EXPECT_EQ(stored().keys.tls.publicSpki(), enrollment->record().keys.tls.publicSpki());
    EXPECT_GT(enrollment->certificateDueAt(), clock.wallNow() + 19 * 24h);
    ASSERT_TRUE(renew());
    EXPECT_TRUE(asked(2).csr.empty());
}

TEST_F(RenewalTest, ACertificateForAnotherKeyIsNotTaken) {
    const auto before = papers().bundle.clientCertChain;
    clock.moved = 21 * 24h;
    plane->intercept = [&](const http::RequestHead& head,
                           const std::string& body) -> std::optional<Result<Answer>> {
        if (!head.target.ends_with("/renew")) return std::nullopt;
        auto request = get(pairing::RenewRequest::parse(body));
        const auto stranger = get(crypto::EcKey::generate(crypto::EcCurve::P256));
        request.csr = get(crypto::createCsr(stranger, "gateway"));
        plane->intercept = nullptr;
        return plane->handle(head, request.write());
    };

    EXPECT_TRUE(!renew() && result.error().is(kPapers));

    EXPECT_EQ(papers().bundle.clientCertChain, before);
    EXPECT_EQ(papers().ratchet.counter, 1) << "what was used up is used up";
}

TEST_F(RenewalTest, ATokenThatLivesLongerThanADayIsNotTaken) {
    const auto before = papers().bundle.bus.userJwt;
    plane->renewedLife = 24h + 6min;

    EXPECT_TRUE(!renew() && result.error().message().find("longer") != std::string::npos);

    EXPECT_EQ(papers().bundle.bus.userJwt, before);
    EXPECT_EQ(papers().ratchet.counter, 1);
    plane->renewedLife = 24h + 4min;
    EXPECT_TRUE(renew()) << "a clock may be five minutes off: " << result.error().message();
}

// Off for long between the sending and the answer: what is given again is worth nothing any more.
TEST_F(RenewalTest, AnAnswerWhoseTimeIsOverMovesTheRatchetOnly) {
    plane->intercept = [&](const http::RequestHead& head,
                           const std::string& body) -> std::optional<Result<Answer>> {
        if (!head.target.ends_with("/renew")) return std::nullopt;
        plane->intercept = nullptr;
        (void)plane->handle(head, body);
        return Result<Answer>(Answer{502, ""});
    };
    ASSERT_FALSE(renew());
    clock.moved = 72h;

    EXPECT_FALSE(renew());
    EXPECT_EQ(papers().ratchet.counter, 1);
    EXPECT_TRUE(renew()) << result.error().message();
}

TEST_F(RenewalTest, OnlyAReleaseEndsThePairing) {
    refuseWith("released");
    EXPECT_TRUE(!renew() && result.error().is(kOver));

    for (const auto* code :
         {"forbidden", "renewal_mismatch", "certificate_expired", "quarantined"}) {
        refuseWith(code);
        EXPECT_FALSE(renew()) << code;
        EXPECT_FALSE(result.error().is(kOver)) << code;
        EXPECT_TRUE(enrollment->record().provisioned) << code;
    }
}

TEST_F(RenewalTest, WhatAPersonHasToActOnIsKeptUntilARenewalIsAnswered) {
    refuseWith("quarantined");
    ASSERT_FALSE(renew());
    ASSERT_TRUE(enrollment->renewalTrouble());
    EXPECT_TRUE(enrollment->renewalTrouble()->is(kQuarantined));
    EXPECT_EQ(enrollment->renewalTrouble()->message(), "the reason");
    refuseWith("certificate_expired");
    ASSERT_FALSE(renew());
    EXPECT_TRUE(enrollment->renewalTrouble()->is(kCertificateOver));

    plane->intercept = nullptr;
    ASSERT_TRUE(renew());
    EXPECT_FALSE(enrollment->renewalTrouble());
}

// What was issued for the old keys is revoked for ever, also for a tenant that pairs it again.
TEST_F(RenewalTest, AReleasedGatewayMakesOtherKeysForTheNextPairing) {
    const auto nkey = enrollment->record().keys.nkey.publicKey().text();
    const auto id = enrollment->record().keys.gatewayId();
    finished = false;
    const auto forget = [](Enrollment& subject, Result<>& out, bool& done) -> net::Task<void> {
        out = co_await subject.forget();
        done = true;
    };
    net::asio::co_spawn(loop, forget(*enrollment, result, finished), net::asio::detached);
    ASSERT_TRUE(until([this] { return finished; }));

    EXPECT_NE(enrollment->record().keys.nkey.publicKey().text(), nkey);
    EXPECT_EQ(enrollment->record().keys.gatewayId(), id);
    EXPECT_EQ(stored().keys.nkey.publicKey().text(),
              enrollment->record().keys.nkey.publicKey().text());
}

TEST_F(RenewalTest, ARecordOfBeforeTheRatchetStillOpensAndBeginsWithOne) {
    auto object = get(codec::json::parseObject(store.document->revealText(), 512_KiB));
    auto provisioned = **object.object("provisioned");
    codec::json::Object without;
    for (const auto* name : {"claim_id", "cp_root_der", "bundle"})
        without.set(name, get(provisioned.string(name, 64 * 1024)));
    without.set("acknowledged", false);
    codec::json::Object old;
    old.set("format", 1)
        .set("keys", **object.object("keys"))
        .set("attempts", codec::json::Array())
        .set("provisioned", std::move(without));
    auto text = codec::json::write(old);
    store.document.emplace(Secret::takeText(text));
    boot();
    ASSERT_TRUE(until([this] { return finished; }));

    ASSERT_TRUE(renew()) << result.error().message();

    EXPECT_FALSE(asked(0).ratchet.value);
    EXPECT_TRUE(papers().ratchet.value);
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
