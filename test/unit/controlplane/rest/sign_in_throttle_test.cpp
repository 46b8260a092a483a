// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/sign_in_throttle.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::rest {
namespace {

using namespace std::chrono_literals;

class Throttle : public ::testing::Test {
  protected:
    bool admits(const std::string& account, const std::string& network) {
        return !throttle_.admit(account, network, now_);
    }

    SignInThrottle throttle_;
    SteadyTime now_{1h};
};

TEST_F(Throttle, FiveTriesAreFreeThenEachWaitIsTwiceAsLongUpToAMinute) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(admits("alice", "net")) << i;

    std::vector<std::int64_t> waits;
    for (int i = 0; i < 8; ++i) {
        const auto wait = throttle_.admit("alice", "net", now_);
        ASSERT_TRUE(wait) << i;
        waits.push_back(std::chrono::ceil<std::chrono::seconds>(*wait).count());
        now_ += *wait;
        EXPECT_TRUE(admits("alice", "net"));
    }
    EXPECT_EQ(waits, (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 60, 60}));
}

TEST_F(Throttle, TheRightPasswordClearsTheCount) {
    for (int i = 0; i < 5; ++i) admits("alice", "net");
    now_ += 1s;
    ASSERT_TRUE(admits("alice", "net"));

    throttle_.succeeded("alice", "net", now_);

    for (int i = 0; i < 5; ++i) EXPECT_TRUE(admits("alice", "net")) << i;
}

TEST_F(Throttle, GuessersFromManyNetworksAreBoundedAndDoNotLockOutWhoSignedInBefore) {
    ASSERT_TRUE(admits("alice", "home"));
    throttle_.succeeded("alice", "home", now_);

    int admitted = 0;
    for (int i = 0; i < 1000; ++i) admitted += admits("alice", "net" + std::to_string(i)) ? 1 : 0;

    EXPECT_LE(admitted, 60);
    EXPECT_TRUE(admits("alice", "home"));
    now_ += 6s;
    EXPECT_TRUE(admits("alice", "somewhere new"));
}

TEST_F(Throttle, OneNetworkIsBoundedOverAllAccounts) {
    int admitted = 0;
    for (int i = 0; i < 1000; ++i) admitted += admits("user" + std::to_string(i), "net") ? 1 : 0;

    EXPECT_LE(admitted, 60);
    EXPECT_TRUE(admits("alice", "other"));
}

TEST_F(Throttle, MemoryIsBounded) {
    for (int i = 0; i < 30'000; ++i) {
        now_ += 2s;
        admits("user" + std::to_string(i), "net");
    }
    EXPECT_TRUE(admits("alice", "other"));
}

}  // namespace
}  // namespace pcg::controlplane::rest
