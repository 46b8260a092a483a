// SPDX-License-Identifier: Apache-2.0
#include "pairing/attempt_limit.h"

#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

namespace pcg::pairing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(AttemptLimit, TheTenthAttemptWithinAnHourBeginsAnHourOfRest) {
    pcg::test::FakeClock clock;
    AttemptLimit limit;
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(limit.restingUntil(clock.wallNow())) << i;
        limit.record(clock.wallNow());
        clock.advance(minutes(1));
    }

    EXPECT_TRUE(limit.restingUntil(clock.wallNow()));
    clock.advance(minutes(58));
    EXPECT_TRUE(limit.restingUntil(clock.wallNow()));
    clock.advance(minutes(1));
    EXPECT_FALSE(limit.restingUntil(clock.wallNow()));
}

TEST(AttemptLimit, TenSpreadOverMoreThanAnHourAreFree) {
    pcg::test::FakeClock clock;
    AttemptLimit limit;
    for (int i = 0; i < 40; ++i) {
        limit.record(clock.wallNow());
        clock.advance(minutes(7));
        EXPECT_FALSE(limit.restingUntil(clock.wallNow()));
    }
}

TEST(AttemptLimit, SurvivesStorageAndAClockSetBack) {
    pcg::test::FakeClock clock;
    AttemptLimit limit;
    for (int i = 0; i < 10; ++i) limit.record(clock.wallNow());

    AttemptLimit restored(limit.toStore());
    EXPECT_TRUE(restored.restingUntil(clock.wallNow()));
    clock.stepWall(-hours(24 * 365));
    EXPECT_TRUE(restored.restingUntil(clock.wallNow()));
    clock.advance(hours(1));
    EXPECT_FALSE(restored.restingUntil(clock.wallNow()));
}

TEST(AttemptLimit, TheConsoleCanLiftIt) {
    pcg::test::FakeClock clock;
    AttemptLimit limit;
    for (int i = 0; i < 10; ++i) limit.record(clock.wallNow());

    limit.lift();

    EXPECT_FALSE(limit.restingUntil(clock.wallNow()));
}

}  // namespace
}  // namespace pcg::pairing
