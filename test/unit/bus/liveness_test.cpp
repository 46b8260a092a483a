// SPDX-License-Identifier: Apache-2.0
#include "common/bus/liveness.h"

#include <gtest/gtest.h>

namespace pcg::bus {
namespace {

using std::chrono::seconds;

struct LivenessTest : testing::Test {
    bool at(int second, Liveness::Counters counters) {
        return liveness.alive(counters, start + seconds(second));
    }

    Liveness::Time start{};
    Liveness liveness{seconds(12), start};
};

TEST_F(LivenessTest, ASilentLinkDiesAfterTheLimitAndNotBefore) {
    EXPECT_TRUE(at(5, {100, 0, 0}));
    EXPECT_TRUE(at(17, {100, 0, 0}));
    EXPECT_FALSE(at(18, {100, 0, 0}));
}

TEST_F(LivenessTest, AnyOctetFromTheBrokerIsASignOfLife) {
    for (int second = 0; second < 100; second += 10) {
        EXPECT_TRUE(at(second, {static_cast<std::uint64_t>(second) + 1, 0, 0}));
    }
}

TEST_F(LivenessTest, AnAcknowledgedBacklogIsASignOfLife) {
    std::uint64_t acknowledged = 0;
    for (int second = 1; second < 60; ++second) {
        acknowledged += 1'000;
        EXPECT_TRUE(at(second, {0, acknowledged, Liveness::kBacklog + 1})) << second;
    }
}

TEST_F(LivenessTest, ABacklogThatNobodyAcknowledgesIsNot) {
    EXPECT_TRUE(at(12, {0, 0, 4'000'000}));
    EXPECT_FALSE(at(13, {0, 0, 4'000'000}));
}

TEST_F(LivenessTest, AcknowledgedPingsAloneAreNot) {
    // The kernel of a stopped broker acknowledges every PING for ever.
    EXPECT_TRUE(at(6, {0, 6, 6}));
    EXPECT_TRUE(at(12, {0, 12, 6}));
    EXPECT_FALSE(at(13, {0, 18, 6}));
}

}  // namespace
}  // namespace pcg::bus
