// SPDX-License-Identifier: Apache-2.0
// P15 of the test list: no name moves the cursor, turns the line around or hides.
#include "pairing/tenant_name.h"

#include "common/codec/utf8.h"

#include <gtest/gtest.h>

namespace pcg::pairing {
namespace {

TEST(TenantName, OrdinaryNamesStayAsTheyAre) {
    for (const auto* text : {"acme",
                             "Acme GmbH",
                             "M\xc3\xbcller & S\xc3\xb6hne",
                             "\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe",
                             "a"}) {
        const auto name = displayName(text);
        EXPECT_EQ(name.text, text);
        EXPECT_FALSE(name.altered);
        EXPECT_FALSE(name.mixedScripts);
    }
}

TEST(TenantName, ControlsAndInvisiblesAreTakenOut) {
    EXPECT_EQ(displayName("ac\x1b[2J\x1b]0;x\x07me").text, "ac[2J]0;xme");
    EXPECT_EQ(displayName("ac\xc2\x9b"
                          "31mme")
                  .text,
              "ac31mme");  // C1 CSI
    EXPECT_EQ(displayName("acme\xe2\x80\xae"
                          "evil")
                  .text,
              "acmeevil");  // right-to-left override
    EXPECT_EQ(displayName("a\xe2\x80\x8b\xe2\x81\xa6\xef\xbb\xbf"
                          "b\xc2\xad"
                          "c")
                  .text,
              "abc");
    EXPECT_EQ(displayName("a\xf3\xa0\x81\x81"
                          "b")
                  .text,
              "ab");  // tag character
    EXPECT_TRUE(displayName("a\x1b"
                            "b")
                    .altered);
}

TEST(TenantName, LinesBecomeOneAndBlanksDoNotPileUp) {
    EXPECT_EQ(displayName("  acme \r\n\t Accept? y\xe2\x80\xa8no  ").text, "acme Accept? y no");
}

TEST(TenantName, LongNamesAndPilesOfMarksAreCut) {
    EXPECT_EQ(displayName(std::string(10'000, 'x')).text, std::string(64, 'x'));
    std::string zalgo = "a";
    for (int i = 0; i < 50; ++i) zalgo += "\xcc\x81";
    EXPECT_EQ(displayName(zalgo + "b").text,
              "a\xcc\x81\xcc\x81"
              "b");
}

TEST(TenantName, NothingPrintableSaysSo) {
    for (const auto* text : {"", "   ", "\x1b\x07", "\xe2\x80\x8b"}) {
        EXPECT_EQ(displayName(text).text, "(no printable name)");
        EXPECT_TRUE(displayName(text).altered);
    }
}

TEST(TenantName, LookAlikesFromAnotherScriptAreFlagged) {
    EXPECT_TRUE(displayName("\xd0\xb0"
                            "cme")
                    .mixedScripts);  // Cyrillic a
    EXPECT_FALSE(displayName("\xd0\x90\xd0\xba\xd0\xbc\xd0\xb5").mixedScripts);
}

TEST(TenantName, NoTerminalControlSurvivesAnyInput) {
    for (char32_t point = 0; point < 0x10ffff; point += point < 0x3000 ? 1 : 7) {
        std::string text;
        codec::appendCodePoint(text, point);
        const auto shown = displayName("a" + text + "b").text;
        for (std::string_view rest = shown; const auto c = codec::takeCodePoint(rest);) {
            ASSERT_TRUE(*c >= 0x20 && !(*c >= 0x7f && *c <= 0x9f) &&
                        !(*c >= 0x202a && *c <= 0x202e) && !(*c >= 0x2066 && *c <= 0x2069) &&
                        *c != 0x200f && *c != 0x200e)
                << static_cast<unsigned>(point);
        }
    }
}

}  // namespace
}  // namespace pcg::pairing
