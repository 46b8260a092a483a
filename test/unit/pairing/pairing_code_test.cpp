// SPDX-License-Identifier: Apache-2.0
// P14 of the test list.
#include "pairing/pairing_code.h"

#include "pairing/errc.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <set>

namespace pcg::pairing {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string normalised(std::string_view typed) {
    const auto code = PairingCode::parse(typed);
    return code ? std::string(code->shown().revealText()) : std::string(code.error().code().name());
}

TEST(PairingCode, TheGoldenCodeIsReadAndShownInGroups) {
    const auto code = PairingCode::parse("7K3M-Q9TD-X4WS");

    ASSERT_TRUE(code);
    EXPECT_EQ(code->nameplate(), "7K3M");
    EXPECT_EQ(asText(code->password()), "7K3MQ9TDX4W");
    EXPECT_EQ(code->shown().revealText(), "7K3M-Q9TD-X4WS");
}

TEST(PairingCode, TakesWhatPeopleAndProgramsMakeOfACode) {
    for (const auto* typed : {
             "7k3mq9tdx4ws",
             "7K3M Q9TD X4WS",
             "  7K3M-Q9TD-X4WS\r\n",
             "7K3M_Q9TD.X4WS",
             "7-K-3-M-Q-9-T-D-X-4-W-S",
             "7K3M\xe2\x80\x93Q9TD\xe2\x80\x94X4WS",  // en dash, em dash
             "7K3M\xe2\x88\x92Q9TD\xe2\x80\x91X4WS",  // minus sign, non-breaking hyphen
             "7K3M\xc2\xa0Q9TD\xe3\x80\x80X4WS",      // non-breaking and ideographic blank
             "\xef\xbb\xbf"
             "7K3M\xe2\x80\x8bQ9TDX4WS",  // byte order mark, zero-width blank
             "\xef\xbc\x97\xef\xbc\xab\xef\xbc\x93\xef\xbd\x8d\xef\xbc\x8dQ9TDX4WS",  // full-width
                                                                                      // 7K3m and
                                                                                      // dash
         }) {
        EXPECT_EQ(normalised(typed), "7K3M-Q9TD-X4WS") << typed;
    }
}

TEST(PairingCode, LookAlikesAreTheSymbolTheyLookLike) {
    pcg::test::SeededRandom random(3);
    bool seenZero = false;
    bool seenOne = false;
    bool seenV = false;
    for (int i = 0; i < 200; ++i) {
        const std::string shown(PairingCode::generate(random).shown().revealText());
        for (const auto& [real, likes] : {std::pair{'0', std::string("Oo")},
                                          {'1', std::string("IiLl")},
                                          {'V', std::string("Uu")}}) {
            for (const char like : likes) {
                std::string typed = shown;
                for (auto& c : typed) {
                    if (c != real) continue;
                    c = like;
                    seenZero = seenZero || real == '0';
                    seenOne = seenOne || real == '1';
                    seenV = seenV || real == 'V';
                }
                ASSERT_EQ(normalised(typed), shown);
            }
        }
    }
    EXPECT_TRUE(seenZero && seenOne && seenV);
}

TEST(PairingCode, RefusesTwelveSymbolsWithAWrongCheckSymbol) {
    EXPECT_EQ(normalised("7K3M-Q9TD-X4WT"), "pairing.code_check");
}

TEST(PairingCode, EveryOtherLengthIsRefusedWithItsReason) {
    EXPECT_EQ(normalised(""), "pairing.code_empty");
    EXPECT_EQ(normalised(" - "), "pairing.code_empty");
    EXPECT_EQ(normalised("7K3M"), "pairing.code_length");
    EXPECT_NE(PairingCode::parse("7K3M").error().message().find("only the first group"),
              std::string::npos);
    EXPECT_EQ(normalised("7K3M-Q9TD-X4W"), "pairing.code_length");
    EXPECT_EQ(normalised("7K3M-Q9TD-X4WSS"), "pairing.code_length");
    EXPECT_EQ(normalised("7K3M-Q9TD-X4WS 7K3M-Q9TD-X4WS"), "pairing.code_length");
    EXPECT_EQ(normalised(std::string(1'000'000, '7')), "pairing.code_length");
}

TEST(PairingCode, ForeignSymbolsAreRefusedWithoutRepeatingThem) {
    for (const auto* typed : {"7K3M-Q9TD-X4W!",
                              "7K3M-Q9TD-X4W$",
                              "7K3M/Q9TD/X4WS",
                              "7\xd0\x9a"
                              "3M-Q9TD-X4WS",
                              "\xf0\x9f\x98\x80",
                              "7K3M\x1b[2J"}) {
        const auto code = PairingCode::parse(typed);
        ASSERT_FALSE(code) << typed;
        EXPECT_TRUE(code.error().is(kCodeSymbol)) << typed;
        EXPECT_EQ(code.error().message().find('\x1b'), std::string::npos);
    }
    EXPECT_EQ(normalised("7K3M\xff"), "pairing.code_encoding");
    EXPECT_EQ(normalised(std::string_view("7K3M\0Q9TDX4WS", 13)), "pairing.code_symbol");
}

TEST(PairingCode, EverySingleSubstitutionAndEverySwapIsFound) {
    pcg::test::SeededRandom random(11);
    for (int round = 0; round < 100; ++round) {
        std::string symbols;
        const std::string shown(PairingCode::generate(random).shown().revealText());
        for (const char c : shown) {
            if (c != '-') symbols.push_back(c);
        }
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            for (const char other : kAlphabet) {
                auto typo = symbols;
                typo[i] = other;
                ASSERT_EQ(PairingCode::parse(typo).has_value(), other == symbols[i]);
            }
            for (std::size_t j = i + 1; j < symbols.size(); ++j) {
                auto swapped = symbols;
                std::swap(swapped[i], swapped[j]);
                ASSERT_EQ(PairingCode::parse(swapped).has_value(), symbols[i] == symbols[j]);
            }
        }
    }
}

TEST(PairingCode, GeneratedCodesAreValidAndUseEverySymbolInEveryPlace) {
    pcg::test::SeededRandom random(5);
    std::vector<std::set<char>> seen(12);
    std::set<std::string> codes;
    for (int i = 0; i < 3000; ++i) {
        const std::string shown(PairingCode::generate(random).shown().revealText());
        ASSERT_EQ(normalised(shown), shown);
        codes.insert(shown);
        std::size_t place = 0;
        for (const char c : shown) {
            if (c != '-') seen[place++].insert(c);
        }
    }
    EXPECT_EQ(codes.size(), 3000U);
    for (const auto& symbols : seen) EXPECT_EQ(symbols.size(), 32U);
}

}  // namespace
}  // namespace pcg::pairing
