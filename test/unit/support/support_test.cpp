// SPDX-License-Identifier: Apache-2.0
#include "test/support/fake_clock.h"
#include "test/support/log_capture.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::test {
namespace {

using namespace std::chrono_literals;

TEST(TempDir, IsGoneWithItsContentAfterwards) {
    std::filesystem::path path;
    {
        const TempDir dir;
        path = dir.path();
        EXPECT_EQ(readFile(dir.write("a/b.txt", "text")), "text");
        EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(FakeClock, StepsTheWallClockAlone) {
    FakeClock clock;
    const auto steady = clock.now();
    const auto wall = clock.wallNow();

    clock.advance(2s);
    clock.stepWall(1h);

    EXPECT_EQ(clock.now() - steady, 2s);
    EXPECT_EQ(clock.wallNow() - wall, 1h + 2s);
}

TEST(SeededRandom, RepeatsItselfForTheSameSeedAndDiffersForAnother) {
    SeededRandom a(7);
    SeededRandom b(7);
    SeededRandom c(8);

    const auto first = a.array<32>();

    EXPECT_EQ(first, b.array<32>());
    EXPECT_NE(first, c.array<32>());
    EXPECT_NE(first, a.array<32>());
}

TEST(LogCapture, CountsEventsByName) {
    const LogCapture log;

    log::Logger("x").debug("x.happened");
    log::Logger("x").info("x.happened", {{"n", 1}});

    EXPECT_EQ(log.count("x.happened"), 2U);
    EXPECT_EQ(log.count("x"), 0U);
    EXPECT_TRUE(log.contains("\"n\":1"));
}

}  // namespace
}  // namespace pcg::test
