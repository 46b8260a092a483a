// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"

#include <gtest/gtest.h>

namespace pcg {
namespace {

TEST(Text, ParsesOnlyPlainDecimals) {
    EXPECT_EQ(parseUnsigned("18446744073709551615"), UINT64_MAX);
    EXPECT_EQ(parseUnsigned("18446744073709551616"), std::nullopt);
    for (const auto* text : {"", "+1", "-1", " 1", "1 ", "0x1", "1e3"})
        EXPECT_EQ(parseUnsigned(text), std::nullopt) << text;
}

TEST(Text, SuggestsTheNearestKnownWordAndNothingFarAway) {
    const std::vector<std::string> known = {"listen", "log_level", "state_dir"};

    EXPECT_EQ(didYouMean("loglevel", known), "log_level");
    EXPECT_EQ(didYouMean("zzzzzzzz", known), std::nullopt);
}

TEST(Text, SplitKeepsEmptyParts) {
    EXPECT_EQ(split("a..b", '.'), (std::vector<std::string_view>{"a", "", "b"}));
    EXPECT_EQ(split("", '.'), (std::vector<std::string_view>{""}));
}

TEST(Text, ComparesWithoutCaseInAsciiOnly) {
    EXPECT_TRUE(equalsIgnoreCaseAscii("Content-LENGTH", "content-length"));
    EXPECT_FALSE(equalsIgnoreCaseAscii("content-length", "content-lengt"));
}

}  // namespace
}  // namespace pcg
