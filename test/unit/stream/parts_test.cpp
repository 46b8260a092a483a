// SPDX-License-Identifier: Apache-2.0
#include "common/stream/peer_state.h"

#include <gtest/gtest.h>

namespace pcg::stream {
namespace {

using namespace std::chrono_literals;

TEST(WindowPool, FirstWindowsLeaveHalfToThoseThatGrow) {
    WindowPool pool(1_MiB);
    ByteCount first = 0;
    for (int i = 0; i < 1000; ++i) first += pool.takeInitial(256_KiB);

    EXPECT_LE(first, 512_KiB);
    EXPECT_GE(pool.takeGrowth(128_KiB), 128_KiB);
}

TEST(WindowPool, GrowthLeavesTheLastEighthToBodiesInsideAnOpen) {
    WindowPool pool(1_MiB);
    for (int i = 0; i < 100; ++i) pool.takeGrowth(1_MiB);

    EXPECT_TRUE(pool.isTight());
    EXPECT_TRUE(pool.takeInline(128_KiB));
    EXPECT_FALSE(pool.takeInline(128_KiB));
}

TEST(WindowPool, IsBoundedByWhatItStandsIn) {
    WindowPool process(100_KiB);
    WindowPool route(1_MiB, &process);

    EXPECT_FALSE(route.takeInline(101_KiB));
    EXPECT_TRUE(route.takeInline(100_KiB));
    EXPECT_EQ(process.used(), 100_KiB);
    route.give(100_KiB);
    EXPECT_EQ(process.used(), 0U);
}

TEST(ReplayWindow, GivesEachIdOnceInAnyOrder) {
    ReplayWindow window;
    EXPECT_TRUE(window.markFirst(5));
    EXPECT_TRUE(window.markFirst(3));
    EXPECT_FALSE(window.markFirst(5));
    EXPECT_FALSE(window.markFirst(3));
    EXPECT_TRUE(window.markFirst(4));
}

TEST(ReplayWindow, TakesWhatIsTooOldToKnowForSeen) {
    ReplayWindow window;
    EXPECT_TRUE(window.markFirst(1));
    EXPECT_TRUE(window.markFirst(1 + ReplayWindow::kSize));
    EXPECT_FALSE(window.markFirst(1));
    EXPECT_TRUE(window.markFirst(2));
    EXPECT_TRUE(window.markFirst(1'000'000'000'000));
    EXPECT_FALSE(window.markFirst(3));
    EXPECT_FALSE(window.markFirst(1'000'000'000'000));
}

TEST(TransitClock, MeasuresDelayAgainstTheFastestMessage) {
    TransitClock clock;
    const SteadyTime start{5000s};
    EXPECT_EQ(clock.ageOf(100, start), 0ms);
    EXPECT_EQ(clock.ageOf(1100, start + 1030ms), 30ms);
    EXPECT_EQ(clock.ageOf(2100, start + 1990ms), 0ms);  // faster than the first: the new measure
    EXPECT_EQ(clock.ageOf(3100, start + 3990ms), 1000ms);
}

TEST(TransitClock, SeesHowLateItIsAfterALongSilence) {
    TransitClock clock;
    const SteadyTime start{5000s};
    clock.ageOf(0, start);
    EXPECT_EQ(clock.ageOf(1000, start + 1h), 1h - 1s);
}

TEST(TransitClock, TakesAnyValueAPeerMaySend) {
    TransitClock clock;
    const SteadyTime start{5000s};
    EXPECT_EQ(clock.ageOf(UINT64_MAX, start), 0ms);
    EXPECT_GE(clock.ageOf(0, start), 0ms);
    EXPECT_GE(clock.ageOf(UINT64_MAX / 2, start), 0ms);
}

class ReceiveSideTest : public testing::Test {
  protected:
    WindowPool pool{1_MiB};
    ReceiveSide side{pool, 1_KiB, 64_KiB};
    Bytes kilobyte = Bytes(1024);
};

TEST_F(ReceiveSideTest, RefusesMoreThanItGranted) {
    side.reserveWindow(1_KiB);

    EXPECT_EQ(side.onData(0, kilobyte, false), ReceiveSide::Verdict::Taken);
    EXPECT_EQ(side.onData(1024, kilobyte, false), ReceiveSide::Verdict::Excess);
}

TEST_F(ReceiveSideTest, TellsGapsOverlapsAndRepetitionsApart) {
    side.reserveWindow(64_KiB);
    side.onData(0, kilobyte, false);

    EXPECT_EQ(side.onData(0, kilobyte, false), ReceiveSide::Verdict::Duplicate);
    EXPECT_EQ(side.onData(512, kilobyte, false), ReceiveSide::Verdict::Excess);
    EXPECT_EQ(side.onData(2048, kilobyte, false), ReceiveSide::Verdict::Lost);
    EXPECT_EQ(side.onEnd(2048, 0), ReceiveSide::Verdict::Lost);
    EXPECT_EQ(side.onEnd(100, 0), ReceiveSide::Verdict::Excess);
    EXPECT_EQ(side.onEnd(1024, 0), ReceiveSide::Verdict::Corrupt);
}

TEST_F(ReceiveSideTest, JoinsTinyFramesSoThatTheyCostNoMoreThanTheirBytes) {
    side.reserveWindow(64_KiB);
    const Bytes one(1);
    for (ByteCount i = 0; i < 8192; ++i)
        ASSERT_EQ(side.onData(i, one, false), ReceiveSide::Verdict::Taken);
    Bytes all(10000);

    EXPECT_EQ(side.read(all), 8192U);
}

TEST_F(ReceiveSideTest, DoesNotGrowForASlowReader) {
    side.reserveWindow(4_KiB);
    const auto window = side.window();
    ByteCount offset = 0;
    for (int i = 0; i < 200; ++i) {
        while (offset + 1024 <= side.limit()) {
            side.onData(offset, kilobyte, offset + 2048 > side.limit());
            offset += 1024;
        }
        Bytes little(1024);
        side.onConsumed(side.read(little));  // there is always more to read
        side.takeCredit();
    }
    EXPECT_EQ(side.window(), window);
}

}  // namespace
}  // namespace pcg::stream
