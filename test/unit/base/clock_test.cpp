// SPDX-License-Identifier: Apache-2.0
#include "common/base/clock.h"

#include <gtest/gtest.h>

namespace pcg {
namespace {

TEST(Clock, WritesUtcWithMilliseconds) {
    EXPECT_EQ(toRfc3339(fromUnixMilliseconds(1'795'290'321'042)), "2026-11-21T19:45:21.042Z");
    EXPECT_EQ(toRfc3339(fromUnixMilliseconds(-1)), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace pcg
