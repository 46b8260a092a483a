// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/relay/relay.h"

#include "common/crypto/digest.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest();

namespace {

using namespace std::chrono_literals;

class PairingRelay : public testing::Test {
  protected:
    Relay makeRelay(Relay::Limits limits = {}) {
        return Relay(loop_.get_executor(),
                     clock_,
                     random_,
                     limits,
                     {"https://saas.test", "local", {1, 2, 3}, {}});
    }

    // Offers are told apart by their boot nonce; the relay takes the signature as checked.
    static pairing::Offer offerOf(char gateway,
                                  const std::string& nameplate,
                                  std::uint8_t boot = 1) {
        pairing::Offer offer;
        offer.gatewayId = "gw_" + std::string(26, gateway);
        offer.nameplate = nameplate;
        offer.bootNonce[0] = boot;
        return offer;
    }

    Answer<pairing::OfferReply> offer(Relay& relay,
                                      char gateway,
                                      const std::string& nameplate,
                                      const std::string& source = "10.0.0") {
        const auto boot = static_cast<std::uint8_t>(++boots_);
        return relay.offer(
            offerOf(gateway, nameplate, boot), "raw " + std::to_string(boot), source);
    }

    Authenticated tenant(char name) {
        const auto id = wire::parseTenantId("tn_" + std::string(26, name));
        return {authority_.scopeOf(*id), std::string("tenant ") + name, "admin", UserRole::Admin};
    }

    static pairing::ClaimRequest claimOf(const std::string& nameplate) {
        pairing::ClaimRequest request;
        request.nameplate = nameplate;
        return request;
    }

    static std::vector<std::string> types(const EventQueue& queue) {
        std::vector<std::string> types;
        for (const auto& event : queue.after(0).events) types.push_back(event.envelope.type);
        return types;
    }

    std::shared_ptr<OfferRecord> record(Relay& relay, const pairing::OfferReply& reply) {
        return *relay.offerOf(pairing::toText(reply.sid), reply.offerToken);
    }

    std::shared_ptr<ClaimRecord> record(Relay& relay, const pairing::ClaimReply& reply) {
        return relay.findClaim(pairing::toText(reply.claimId));
    }

    static pairing::Envelope fail(const pairing::ClaimReply& claim,
                                  int left,
                                  std::int64_t seq = 1) {
        const pairing::Failure failure{"bad_code", left};
        return {claim.claimId, seq, "fail", failure.write()};
    }

    net::Loop loop_;
    pcg::test::FakeClock clock_;
    pcg::test::SeededRandom random_{7};
    PlatformAuthority authority_ = makePlatformAuthorityForTest();
    int boots_ = 0;
};

TEST_F(PairingRelay, GivesBothSidesTheSameTerms) {
    auto relay = makeRelay();
    const auto offered = offer(relay, 'a', "7K3M");
    const auto claimed = relay.claim(tenant('x'), claimOf("7K3M"), "");

    ASSERT_TRUE(offered && claimed);
    const auto events = record(relay, *offered)->events.after(0).events;
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].envelope.type, "claim");
    EXPECT_EQ(events[0].envelope.raw, claimed->claimRaw);
    EXPECT_EQ(claimed->sid, offered->sid);
    EXPECT_EQ(claimed->attempt, 1);
}

TEST_F(PairingRelay, RefusesANameplateThatIsShownAlready) {
    auto relay = makeRelay();
    ASSERT_TRUE(offer(relay, 'a', "7K3M"));

    const auto second = offer(relay, 'b', "7K3M");

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().status, 409);
    EXPECT_EQ(second.error().code, "nameplate_taken");
}

TEST_F(PairingRelay, RefusesUnknownBusyAndExpiredCodesAlike) {
    auto relay = makeRelay();
    ASSERT_TRUE(offer(relay, 'a', "AAAA"));
    ASSERT_TRUE(offer(relay, 'b', "BBBB"));
    ASSERT_TRUE(relay.claim(tenant('x'), claimOf("AAAA"), ""));

    const auto busy = relay.claim(tenant('y'), claimOf("AAAA"), "");
    const auto unknown = relay.claim(tenant('y'), claimOf("CCCC"), "");
    clock_.advance(pairing::kCodeLifetime);
    relay.sweep();
    const auto expired = relay.claim(tenant('y'), claimOf("BBBB"), "");

    ASSERT_TRUE(!busy && !unknown && !expired);
    EXPECT_EQ(busy.error().write(), unknown.error().write());
    EXPECT_EQ(unknown.error().write(), expired.error().write());
    EXPECT_EQ(unknown.error().status, 404);
}

TEST_F(PairingRelay, LetsExactlyOneOfSixtyFourClaimsWin) {
    Relay::Limits limits;
    limits.claimsPerTenantAndMinute = 64;
    limits.claimsPerTenantAndHour = 64;
    limits.missesPerUserAndHour = 64;
    auto relay = makeRelay(limits);
    ASSERT_TRUE(offer(relay, 'a', "7K3M"));

    int won = 0;
    for (int i = 0; i < 64; ++i)
        won += relay.claim(tenant(i % 2 == 0 ? 'x' : 'y'), claimOf("7K3M"), "") ? 1 : 0;

    EXPECT_EQ(won, 1);
}

TEST_F(PairingRelay, AnswersARepeatedRequestWithTheSameClaim) {
    auto relay = makeRelay();
    ASSERT_TRUE(offer(relay, 'a', "7K3M"));

    const auto first = relay.claim(tenant('x'), claimOf("7K3M"), "key-1");
    const auto again = relay.claim(tenant('x'), claimOf("7K3M"), "key-1");
    const auto other = relay.claim(tenant('y'), claimOf("7K3M"), "key-1");

    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->claimId, again->claimId);
    EXPECT_FALSE(other);
}

TEST_F(PairingRelay, AnswersARepeatedOfferWithTheSameSid) {
    auto relay = makeRelay();
    const auto first = relay.offer(offerOf('a', "7K3M"), "raw", "10.0.0");
    const auto again = relay.offer(offerOf('a', "7K3M"), "raw", "10.0.0");

    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->sid, again->sid);
}

TEST_F(PairingRelay, ReplacesTheOfferOfARestartedGatewayAndEndsItsClaim) {
    auto relay = makeRelay();
    const auto first = offer(relay, 'a', "AAAA");
    const auto claimed = relay.claim(tenant('x'), claimOf("AAAA"), "");

    ASSERT_TRUE(offer(relay, 'a', "BBBB"));

    EXPECT_TRUE(record(relay, *first)->events.closed());
    const auto claim = record(relay, *claimed);
    EXPECT_EQ(claim->state, ClaimState::Closed);
    EXPECT_EQ(claim->closedCode, "gateway_restarted");
    EXPECT_EQ(types(claim->events), std::vector<std::string>{"status"});
    EXPECT_FALSE(relay.claim(tenant('x'), claimOf("AAAA"), ""));
}

TEST_F(PairingRelay, OpensTheCodeAgainAfterAFailedRunAndBurnsItAfterTheLast) {
    auto relay = makeRelay();
    const auto offered = offer(relay, 'a', "7K3M");
    const auto gateway = record(relay, *offered);
    for (int left = 2; left >= 0; --left) {
        const auto claimed = relay.claim(tenant('x'), claimOf("7K3M"), "");
        ASSERT_TRUE(claimed) << left;
        EXPECT_EQ(claimed->attempt, 3 - left);
        ASSERT_TRUE(relay.fromGateway(*gateway, fail(*claimed, left)));
        EXPECT_EQ(types(record(relay, *claimed)->events),
                  (std::vector<std::string>{"fail", "status"}));
    }

    EXPECT_EQ(gateway->state, OfferState::Burned);
    EXPECT_TRUE(gateway->events.closed());
    EXPECT_FALSE(relay.claim(tenant('x'), claimOf("7K3M"), ""));
}

TEST_F(PairingRelay, CarriesEachMessageOnceAndInOrder) {
    auto relay = makeRelay();
    const auto offered = offer(relay, 'a', "7K3M");
    const auto claimed = relay.claim(tenant('x'), claimOf("7K3M"), "");
    auto claim = record(relay, *claimed);
    const pairing::Envelope first{claimed->claimId, 1, "pake_a", "{}"};
    const pairing::Envelope third{claimed->claimId, 3, "confirm_a", "{}"};

    EXPECT_TRUE(relay.fromTenant(*claim, first));
    EXPECT_TRUE(relay.fromTenant(*claim, first));
    EXPECT_FALSE(relay.fromTenant(*claim, third));

    EXPECT_EQ(types(record(relay, *offered)->events),
              (std::vector<std::string>{"claim", "pake_a"}));
}

TEST_F(PairingRelay, RefusesMessagesThatBelongElsewhere) {
    auto relay = makeRelay();
    const auto offeredA = offer(relay, 'a', "AAAA");
    const auto offeredB = offer(relay, 'b', "BBBB");
    const auto claimed = relay.claim(tenant('x'), claimOf("AAAA"), "");
    auto claim = record(relay, *claimed);

    const pairing::Envelope reply{claimed->claimId, 1, "pake_b", "{}"};
    EXPECT_EQ(relay.fromGateway(*record(relay, *offeredB), reply).error().status, 404);
    EXPECT_EQ(relay.fromTenant(*claim, reply).error().status, 400);
    const pairing::Envelope swapped{pairing::ClaimId{}, 1, "pake_a", "{}"};
    EXPECT_EQ(relay.fromTenant(*claim, swapped).error().status, 409);
    EXPECT_EQ(relay.claimOf(pairing::toText(claimed->claimId), tenant('y').scope).error().status,
              404);
    EXPECT_EQ(relay.offerOf(pairing::toText(offeredA->sid), offeredB->offerToken).error().status,
              401);
    EXPECT_EQ(relay.offerOf("nonsense", "x").error().status, 410);
}

TEST_F(PairingRelay, EndsAClaimThatTakesTooLong) {
    auto relay = makeRelay();
    const auto offered = offer(relay, 'a', "7K3M");
    const auto claimed = relay.claim(tenant('x'), claimOf("7K3M"), "");
    const auto claim = record(relay, *claimed);

    clock_.advance(pairing::kClaimLifetime);
    relay.sweep();

    EXPECT_EQ(claim->closedCode, "expired");
    EXPECT_EQ(types(record(relay, *offered)->events),
              (std::vector<std::string>{"claim", "cancel"}));
    EXPECT_EQ(record(relay, *offered)->state, OfferState::Live);
}

TEST_F(PairingRelay, BoundsOffersClaimsAndMisses) {
    auto relay = makeRelay();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(offer(relay, 'a', "AAA" + std::to_string(i)));
    EXPECT_EQ(offer(relay, 'a', "AAA9").error().status, 429);
    for (char gateway = 'b'; gateway < 'b' + 19; ++gateway) {
        if (gateway == 'i' || gateway == 'l' || gateway == 'o') continue;
        offer(relay, gateway, std::string("BBB") + gateway);
    }
    for (char gateway = '0'; gateway <= '9'; ++gateway)
        offer(relay, gateway, std::string("CCC") + gateway);
    EXPECT_EQ(relay.offerCount(), 3u + 19u);
    EXPECT_TRUE(offer(relay, 'z', "DDDD", "10.0.1"));

    for (int i = 0; i < 10; ++i) {
        if (i % 5 == 0) clock_.advance(1min);
        EXPECT_EQ(relay.claim(tenant('x'), claimOf("ZZZZ"), "").error().status, 404);
    }
    clock_.advance(1min);
    EXPECT_EQ(relay.claim(tenant('x'), claimOf("DDDD"), "").error().status, 429);
    EXPECT_TRUE(relay.claim(tenant('y'), claimOf("DDDD"), ""));
}

TEST_F(PairingRelay, KeepsOfAWithdrawnOfferOnlyThatItIsOver) {
    auto relay = makeRelay();
    const auto offered = relay.offer(offerOf('a', "7K3M"), std::string(16'000, 'x'), "10.0.0");
    ASSERT_TRUE(offered);
    EXPECT_EQ(relay.offerBytes(), 16'000u);

    relay.withdraw(*record(relay, *offered));

    EXPECT_EQ(relay.offerBytes(), 0u);
    EXPECT_TRUE(record(relay, *offered)->raw.empty());
    EXPECT_TRUE(record(relay, *offered)->events.closed());
}

TEST_F(PairingRelay, AWithdrawnOfferTakesNobodysPlace) {
    Relay::Limits limits;
    limits.offers = 1;
    auto relay = makeRelay(limits);
    const auto offered = offer(relay, 'a', "AAAA");
    EXPECT_EQ(offer(relay, 'b', "BBBB", "10.0.1").error().status, 429);

    relay.withdraw(*record(relay, *offered));

    EXPECT_TRUE(offer(relay, 'b', "BBBB", "10.0.1"));
}

TEST_F(PairingRelay, CountsWhatASourceHasWithdrawn) {
    Relay::Limits limits;
    limits.recordsPerSource = 4;
    auto relay = makeRelay(limits);
    for (char gateway = 'a'; gateway < 'a' + 4; ++gateway) {
        const auto offered = offer(relay, gateway, std::string("AAA") + gateway);
        ASSERT_TRUE(offered);
        relay.withdraw(*record(relay, *offered));
    }

    EXPECT_EQ(offer(relay, 'e', "BBBB").error().status, 429);
    EXPECT_TRUE(offer(relay, 'f', "BBBB", "10.0.1"));

    clock_.advance(pairing::kCodeLifetime + pairing::kClaimLifetime);
    relay.sweep();
    EXPECT_TRUE(offer(relay, 'e', "CCCC"));
}

TEST_F(PairingRelay, BoundsTheBytesOfAllOffers) {
    Relay::Limits limits;
    limits.offerBytes = 1000;
    auto relay = makeRelay(limits);
    ASSERT_TRUE(relay.offer(offerOf('a', "AAAA", 1), std::string(600, 'a'), "10.0.0"));

    const auto second = relay.offer(offerOf('b', "BBBB", 2), std::string(600, 'b'), "10.0.1");

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().status, 429);
}

TEST_F(PairingRelay, TellsASourceOnlyAFewTimesThatANameplateIsTaken) {
    auto relay = makeRelay();
    ASSERT_TRUE(offer(relay, 'a', "7K3M"));
    for (char gateway = 'b'; gateway < 'b' + 5; ++gateway)
        EXPECT_EQ(offer(relay, gateway, "7K3M", "10.9.9").error().status, 409) << gateway;

    EXPECT_EQ(offer(relay, 'g', "7K3M", "10.9.9").error().status, 429);
    EXPECT_EQ(offer(relay, 'h', "FREE", "10.9.9").error().status, 429);
    EXPECT_TRUE(offer(relay, 'h', "FREE", "10.9.8"));
}

TEST_F(PairingRelay, ASourceThatIsRefusedPaysForItsProbes) {
    Relay::Limits limits;
    limits.offersPerSource = 1;
    limits.offersPerSourceAndMinute = 4;
    auto relay = makeRelay(limits);
    ASSERT_TRUE(offer(relay, 'a', "7K3M"));
    ASSERT_TRUE(offer(relay, 'b', "AAAA", "10.9.9"));

    // Alike for taken and free ones: its quota of offers is looked at first.
    const auto taken = offer(relay, 'c', "7K3M", "10.9.9");
    const auto free = offer(relay, 'd', "FREE", "10.9.9");
    ASSERT_TRUE(!taken && !free);
    EXPECT_EQ(taken.error().write(), free.error().write());

    ASSERT_FALSE(offer(relay, 'e', "FREE", "10.9.9"));
    // Not even what it could do else, for this minute.
    EXPECT_EQ(offer(relay, 'b', "BBBB", "10.9.9").error().status, 429);
    clock_.advance(1min);
    EXPECT_TRUE(offer(relay, 'b', "BBBB", "10.9.9"));
}

TEST_F(PairingRelay, ACodeThatWasReplacedStaysVoidWhenItsClaimFailsLater) {
    auto relay = makeRelay();
    ASSERT_TRUE(offer(relay, 'a', "AAAA"));
    const auto claimed = relay.claim(tenant('x'), claimOf("AAAA"), "");
    record(relay, *claimed)->state = ClaimState::Issuing;
    ASSERT_TRUE(offer(relay, 'a', "BBBB"));

    relay.conclude(*record(relay, *claimed), ClaimState::Closed, "failed");

    EXPECT_FALSE(relay.claim(tenant('x'), claimOf("AAAA"), ""));
    EXPECT_TRUE(relay.claim(tenant('x'), claimOf("BBBB"), ""));
}

TEST_F(PairingRelay, ForgetsWhatIsOver) {
    auto relay = makeRelay();
    ASSERT_TRUE(offer(relay, 'a', "7K3M"));
    const auto claimed = relay.claim(tenant('x'), claimOf("7K3M"), "");

    clock_.advance(1h);
    relay.sweep();
    clock_.advance(1h);
    relay.sweep();

    EXPECT_EQ(relay.offerCount(), 0u);
    EXPECT_EQ(record(relay, *claimed), nullptr);
}

}  // namespace
}  // namespace pcg::controlplane
