// SPDX-License-Identifier: Apache-2.0
#include "common/store/state_dir.h"

#include "common/store/errc.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace pcg::store {
namespace {

TEST(StateDir, IsMadeWithItsParentsForTheOwnerOnly) {
    const test::TempDir dir;

    const auto state = StateDir::open(dir / "a/b/state");

    ASSERT_TRUE(state) << state.error().message();
    struct stat status{};
    ASSERT_EQ(::stat((dir / "a/b/state").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST(StateDir, NamesTheProcessThatHasIt) {
    const test::TempDir dir;
    const auto first = StateDir::open(dir / "state");
    ASSERT_TRUE(first);

    const auto second = StateDir::open(dir / "state");

    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().is(kInUse));
    EXPECT_NE(second.error().message().find("is used by process " + std::to_string(::getpid())),
              std::string::npos)
        << second.error().message();
}

TEST(StateDir, IsFreeAgainAfterwards) {
    const test::TempDir dir;
    {
        ASSERT_TRUE(StateDir::open(dir / "state"));
    }

    EXPECT_TRUE(StateDir::open(dir / "state"));
}

TEST(StateDir, TakesAwayTheAccessOfOthers) {
    const test::TempDir dir;
    ASSERT_EQ(::mkdir((dir / "state").c_str(), 0755), 0);

    ASSERT_TRUE(StateDir::open(dir / "state"));

    struct stat status{};
    ASSERT_EQ(::stat((dir / "state").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST(StateDir, RefusesADirectoryThatIsSharedByDesign) {
    const test::TempDir dir;
    ASSERT_EQ(::mkdir((dir / "tmp").c_str(), 0777), 0);
    ASSERT_EQ(::chmod((dir / "tmp").c_str(), 01777), 0);

    const auto state = StateDir::open(dir / "tmp");

    ASSERT_FALSE(state);
    EXPECT_TRUE(state.error().is(kPermissions));
}

TEST(StateDir, RefusesAFile) {
    const test::TempDir dir;

    const auto state = StateDir::open(dir.write("state", ""));

    ASSERT_FALSE(state);
    EXPECT_NE(state.error().message().find("is a file"), std::string::npos);
}

}  // namespace
}  // namespace pcg::store
