// SPDX-License-Identifier: Apache-2.0
#include "common/codec/name_rule.h"

#include <gtest/gtest.h>

namespace pcg::codec {
namespace {

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

TEST(NameRule, TakesOneLineOfVisibleTextInAnyScript) {
    for (const auto* name :
         {"dc1", "Rechenzentrum Köln 2", "東京", "Москва", "a\u0301\u0302b", "x"})
        EXPECT_EQ(parseName(name).value_or("refused"), name);
    EXPECT_EQ(parseName(" pasted ").value_or("refused"), "pasted");
    EXPECT_TRUE(parseName(repeated("ü", 64)));
    EXPECT_TRUE(parseName(repeated("a\u0301", 64)));
}

TEST(NameRule, RefusesWhatCannotBeShownAsItIs) {
    for (const auto& name : {std::string(),
                             std::string("   "),
                             std::string("a\x1b[2J"),
                             std::string("a\nb"),
                             std::string("a\tb"),
                             std::string("a\0b", 3),
                             std::string("a\u202eb"),
                             std::string("a\u2066b"),
                             std::string("a\u200bb"),
                             std::string("a\u00a0b"),
                             std::string("a\ufeff"),
                             std::string("a  b"),
                             std::string("\u0301a"),
                             std::string("a\u0301\u0302\u0303"),
                             std::string("\xff"),
                             std::string("\xc0\xaf"),
                             repeated("a", 65),
                             repeated("東", 100),
                             repeated("a", 10'000)}) {
        const auto parsed = parseName(name);
        ASSERT_FALSE(parsed) << name.substr(0, 30);
        EXPECT_TRUE(parsed.error().is(kName));
    }
}

TEST(NameRule, SaysWhatIsWrongWithoutRepeatingIt) {
    EXPECT_NE(parseName("a\u202eb").error().message().find("U+202E"), std::string::npos);
    EXPECT_EQ(parseName("a\u202eb").error().message().find("\u202e"), std::string::npos);
}

TEST(NameRule, AUsernameFitsAUrlAndAKeyboard) {
    for (const auto* name : {"root", "alice@example.org", "a.b-c_d+e", "7of9"})
        EXPECT_TRUE(parseLoginName(name)) << name;
    for (const auto& name : {std::string(),
                             std::string("-x"),
                             std::string(".."),
                             std::string("a/b"),
                             std::string("a b"),
                             std::string("ü"),
                             repeated("a", 65)})
        EXPECT_FALSE(parseLoginName(name)) << name;
}

}  // namespace
}  // namespace pcg::codec
