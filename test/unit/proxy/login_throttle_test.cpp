// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/login_throttle.h"

#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LoginThrottleTest : public testing::Test {
  protected:
    void fail(int times) {
        for (int i = 0; i < times; ++i) throttle_.failed("a");
    }

    pcg::test::FakeClock clock_;
    LoginThrottle throttle_{clock_, {}};
};

TEST_F(LoginThrottleTest, LetsAFewMistakesPass) {
    fail(4);

    EXPECT_EQ(throttle_.waitFor("a"), milliseconds(0));
}

TEST_F(LoginThrottleTest, MakesTheNextOnesWaitTwiceAsLongEachTime) {
    fail(5);
    EXPECT_EQ(throttle_.waitFor("a"), seconds(1));
    clock_.advance(seconds(1));
    EXPECT_EQ(throttle_.waitFor("a"), seconds(0));
    fail(1);
    EXPECT_EQ(throttle_.waitFor("a"), seconds(2));
    fail(1);
    EXPECT_EQ(throttle_.waitFor("a"), seconds(4));
}

TEST_F(LoginThrottleTest, NeverWaitsLongerThanItsLimit) {
    fail(500);

    EXPECT_EQ(throttle_.waitFor("a"), seconds(60));
}

TEST_F(LoginThrottleTest, ForgetsEverythingAfterASuccess) {
    fail(10);

    throttle_.succeeded("a");

    EXPECT_EQ(throttle_.waitFor("a"), milliseconds(0));
    fail(4);
    EXPECT_EQ(throttle_.waitFor("a"), milliseconds(0));
}

TEST_F(LoginThrottleTest, DoesNotMakeOthersWait) {
    fail(10);

    EXPECT_EQ(throttle_.waitFor("b"), milliseconds(0));
}

TEST_F(LoginThrottleTest, RemembersABoundedNumberOfNamesTheLatestOnes) {
    fail(10);
    for (std::size_t i = 0; i < LoginThrottle::kMostNames - 1; ++i) {
        throttle_.failed("n" + std::to_string(i));
    }
    EXPECT_GT(throttle_.waitFor("a"), milliseconds(0));

    throttle_.failed("one more");

    EXPECT_EQ(throttle_.waitFor("a"), milliseconds(0));
    EXPECT_EQ(throttle_.size(), LoginThrottle::kMostNames);
}

}  // namespace
}  // namespace pcg::proxy
