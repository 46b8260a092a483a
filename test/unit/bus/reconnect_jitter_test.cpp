// SPDX-License-Identifier: Apache-2.0
// A thousand gateways that lost their broker in the same instant do not come back in the same
// instant.
#include "common/base/backoff.h"
#include "common/bus/nats_bus.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <array>

namespace pcg::bus {
namespace {

TEST(ReconnectJitter, SpreadsAFleetOverTheWholeInterval) {
    const NatsBusOptions options;
    for (int attempt = 0; attempt < 12; ++attempt) {
        const auto ceiling = std::min(options.backoffCap, options.backoffBase * (1 << attempt));
        std::array<int, 10> tenths{};
        for (std::uint64_t gateway = 0; gateway < 1'000; ++gateway) {
            test::SeededRandom random(gateway);
            Backoff backoff(options.backoffBase, options.backoffCap, random);
            for (int before = 0; before < attempt; ++before) backoff.next();
            const auto wait = backoff.next();
            ASSERT_LE(wait, ceiling);
            ++tenths[static_cast<std::size_t>(
                std::min<std::int64_t>(9, wait.count() * 10 / ceiling.count()))];
        }
        for (const int tenth : tenths) {
            EXPECT_GT(tenth, 50) << "attempt " << attempt;  // 100 expected in each
            EXPECT_LT(tenth, 170) << "attempt " << attempt;
        }
    }
}

}  // namespace
}  // namespace pcg::bus
