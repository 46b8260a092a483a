// SPDX-License-Identifier: Apache-2.0
// P03: every single-bit flip of every message between the roles is rejected: the run never comes to
// a comparison on both screens, and what is shown on either is never something that the other did
// not say.
#include "test/unit/pairing/pairing_run.h"

#include <gtest/gtest.h>

namespace pcg::pairing::test {
namespace {

std::string flipped(std::string text, std::size_t bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    return text;
}

// Runs once with one bit of the inner message of `type` flipped; true if both ends came to compare.
bool survives(const std::string& type, std::size_t bit, std::size_t* size = nullptr) {
    PairingRun run;
    run.tamper = [&](Envelope& envelope, bool) {
        if (envelope.type != type) return true;
        if (size != nullptr)
            *size = envelope.raw.size();
        else
            envelope.raw = flipped(envelope.raw, bit);
        return true;
    };
    if (!run.claim()) return false;
    run.pump();
    return run.shown.has_value() && run.compared.has_value();
}

class Tamper : public ::testing::TestWithParam<const char*> {};

TEST_P(Tamper, EveryFlippedBitOfTheMessageIsRejected) {
    std::size_t size = 0;
    ASSERT_TRUE(survives(GetParam(), 0, &size));
    ASSERT_GT(size, 50U);
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
        ASSERT_FALSE(survives(GetParam(), bit)) << "bit " << bit % 8 << " of octet " << bit / 8;
    }
}

INSTANTIATE_TEST_SUITE_P(Messages,
                         Tamper,
                         ::testing::Values("claim", "pake_a", "pake_b", "confirm_a", "confirm_b"));

TEST(TamperRelayAnswer, EveryFlippedBitOfOfferAndClaimAsTheTenantSeesThemIsRejected) {
    PairingRun probe;
    const auto whole = probe.reply();
    for (const bool offer : {true, false}) {
        const auto bits = (offer ? whole.offerRaw : whole.claimRaw).size() * 8;
        for (std::size_t bit = 0; bit < bits; ++bit) {
            PairingRun run;
            run.makeResponder();
            auto reply = run.reply();
            auto& raw = offer ? reply.offerRaw : reply.claimRaw;
            raw = flipped(raw, bit);
            auto checked = checkClaim(reply, {run.fixture.code.nameplate(), kTenant, std::nullopt});
            if (!checked) continue;
            run.commissioner = std::make_unique<Commissioner>(
                std::move(*checked), "", run.fixture.w, run.clock, run.random);
            run.toGateway({run.terms.claimId, 0, "claim", run.terms.write()});
            run.take(run.commissioner->start());
            run.pump();
            ASSERT_FALSE(run.shown || run.compared)
                << (offer ? "offer" : "claim") << " bit " << bit;
        }
    }
}

TEST(TamperEnvelope, EveryFlippedBitOfTheEnvelopeIsRejected) {
    for (const std::string type : {"pake_a", "confirm_a"}) {
        PairingRun probe;
        std::string json;
        probe.tamper = [&](Envelope& envelope, bool) {
            if (envelope.type == type) json = envelope.write();
            return true;
        };
        ASSERT_TRUE(probe.claim());
        probe.pump();
        for (std::size_t bit = 0; bit < json.size() * 8; ++bit) {
            PairingRun run;
            run.tamper = [&](Envelope& envelope, bool) {
                if (envelope.type != type) return true;
                auto parsed = Envelope::parse(flipped(envelope.write(), bit));
                if (!parsed) return false;
                envelope = std::move(*parsed);
                return true;
            };
            ASSERT_TRUE(run.claim());
            run.pump();
            ASSERT_FALSE(run.shown && run.compared) << type << " bit " << bit;
        }
    }
}

}  // namespace
}  // namespace pcg::pairing::test
