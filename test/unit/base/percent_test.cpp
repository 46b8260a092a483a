// SPDX-License-Identifier: Apache-2.0
#include "common/base/percent.h"

#include <gtest/gtest.h>

namespace pcg {
namespace {

TEST(PercentDecode, YieldsTheOctetsAndLeavesTheRest) {
    EXPECT_EQ(percentDecode(""), "");
    EXPECT_EQ(percentDecode("a+b"), "a+b");
    EXPECT_EQ(percentDecode("%41%2f%2F%c3%a9"), "A//\xc3\xa9");
    EXPECT_EQ(percentDecode("%00x"), std::string("\0x", 2));
    EXPECT_EQ(percentDecode("%2541"), "%41") << "once";
}

TEST(PercentDecode, RefusesABrokenEscape) {
    for (const auto* text : {"%", "%4", "a%", "%4g", "%g4", "% 4", "%%41", "%-1"})
        EXPECT_EQ(percentDecode(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pcg
