// SPDX-License-Identifier: Apache-2.0
#include "common/codec/utf8.h"

#include <gtest/gtest.h>

namespace pcg::codec {
namespace {

TEST(Utf8, EveryScalarValueRoundTripsAndNoSurrogateDoes) {
    for (char32_t point = 0; point <= 0x10ffff; ++point) {
        std::string text;
        appendCodePoint(text, point);
        std::string_view rest = text;
        const bool surrogate = point >= 0xd800 && point < 0xe000;

        const auto taken = takeCodePoint(rest);

        ASSERT_EQ(taken.has_value(), !surrogate) << static_cast<unsigned>(point);
        if (!surrogate) {
            ASSERT_EQ(*taken, point);
            ASSERT_TRUE(rest.empty());
        }
    }
}

TEST(Utf8, RefusesOverlongTruncatedAndForeignForms) {
    for (const auto* text : {"\xc0\x80",
                             "\xc1\xbf",
                             "\xe0\x9f\xbf",
                             "\xf0\x8f\xbf\xbf",
                             "\xf4\x90\x80\x80",
                             "\xf5\x80\x80\x80",
                             "\x80",
                             "\xc3",
                             "\xe2\x82",
                             "\xc3\x28",
                             "\xff"}) {
        EXPECT_FALSE(isUtf8(text));
    }
    EXPECT_TRUE(
        isUtf8("Gr\xc3\xbc\xc3\x9f"
               "e \xf0\x9f\x98\x80"));
}

TEST(Utf8, RepairReplacesOnlyWhatIsBroken) {
    EXPECT_EQ(repairUtf8("a\xff"
                         "b\xc3\xbc"),
              "a\xef\xbf\xbd"
              "b\xc3\xbc");
}

}  // namespace
}  // namespace pcg::codec
