// SPDX-License-Identifier: Apache-2.0
// Thousands of seeded histories of common/stream against the invariants of the data path. To see
// one again:
//   PCG_SIM_SEED=4711 stream_sim_test --gtest_filter='StreamSimulation.KeepsItsInvariants*'
#include "test/sims/stream_sim.h"
#include "test/support/sanitized.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

namespace pcg::test {
namespace {

// The ordinary build walks them all; under a sanitizer a tenth shows what it can show.
constexpr std::uint64_t kFaultySeeds = kSanitized ? 2000 : 20000;
constexpr std::uint64_t kPerfectSeeds = kSanitized ? 300 : 3000;

std::optional<std::uint64_t> fromEnvironment(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::nullopt
                           : std::optional<std::uint64_t>(std::strtoull(text, nullptr, 10));
}

// A failing history is run once more with its trace: same seed, same history.
std::string describe(StreamSimOptions options) {
    options.trace = true;
    const auto report = runStreamSim(options);
    std::string text =
        "seed " + std::to_string(options.seed) + (options.isBusPerfect ? " (perfect bus)" : "");
    for (const auto& line : report.violations) text += "\n  " + line;
    const auto from = report.trace.size() > 200 ? report.trace.size() - 200 : 0;
    for (auto i = from; i < report.trace.size(); ++i) text += "\n    " + report.trace[i];
    return text;
}

StreamSimReport runAll(bool isBusPerfect, std::uint64_t seeds) {
    StreamSimReport sum;
    const auto only = fromEnvironment("PCG_SIM_SEED");
    const auto last = only ? *only : fromEnvironment("PCG_SIM_SEEDS").value_or(seeds);
    unsigned failures = 0;
    for (auto seed = only.value_or(1); seed <= last && failures < 3; ++seed) {
        const StreamSimOptions options{.seed = seed, .isBusPerfect = isBusPerfect, .trace = false};
        const auto report = runStreamSim(options);
        if (!report.violations.empty() || only) {
            failures += report.violations.empty() ? 0 : 1;
            const auto text = describe(options);
            EXPECT_TRUE(report.violations.empty()) << text;
            if (only) std::puts(text.c_str());
        }
        sum.calls += report.calls;
        sum.succeeded += report.succeeded;
        sum.notDispatched += report.notDispatched;
        sum.unknown += report.unknown;
        sum.cancelled += report.cancelled;
        sum.crashes += report.crashes;
        sum.cuts += report.cuts;
        sum.dropped += report.dropped;
        sum.duplicated += report.duplicated;
        sum.reordered += report.reordered;
    }
    std::printf(
        "calls %u: succeeded %u, not dispatched %u, unknown %u, cancelled %u; crashes %u, cuts %u, "
        "dropped %u, duplicated %u, reordered %u\n",
        sum.calls,
        sum.succeeded,
        sum.notDispatched,
        sum.unknown,
        sum.cancelled,
        sum.crashes,
        sum.cuts,
        sum.dropped,
        sum.duplicated,
        sum.reordered);
    return sum;
}

TEST(StreamSimulation, KeepsItsInvariantsOnABusThatFails) {
    const auto sum = runAll(false, kFaultySeeds);
    if (fromEnvironment("PCG_SIM_SEED")) return;

    // A simulation in which nothing goes wrong, or nothing goes right, would prove nothing.
    EXPECT_GT(sum.succeeded, sum.calls / 3);
    EXPECT_GT(sum.notDispatched, 0U);
    EXPECT_GT(sum.unknown, 0U);
    EXPECT_GT(sum.cancelled, 0U);
    EXPECT_GT(sum.crashes, 0U);
    EXPECT_GT(sum.cuts, 0U);
    EXPECT_GT(sum.dropped, 0U);
    EXPECT_GT(sum.duplicated, 0U);
    EXPECT_GT(sum.reordered, 0U);
}

TEST(StreamSimulation, EveryCallSucceedsOnAPerfectBus) { runAll(true, kPerfectSeeds); }

TEST(StreamSimulation, IsTheSameHistoryForTheSameSeed) {
    const StreamSimOptions options{.seed = 42, .isBusPerfect = false, .trace = true};

    EXPECT_EQ(runStreamSim(options).trace, runStreamSim(options).trace);
}

}  // namespace
}  // namespace pcg::test
