// SPDX-License-Identifier: Apache-2.0
#include "common/codec/base32.h"

#include "common/codec/errc.h"

#include <gtest/gtest.h>

namespace pcg::codec {
namespace {

struct Vector {
    std::string plain;
    std::string encoded;
};

// RFC 4648 section 10, padding taken off.
const Vector kVectors[] = {{"", ""},
                           {"f", "MY"},
                           {"fo", "MZXQ"},
                           {"foo", "MZXW6"},
                           {"foob", "MZXW6YQ"},
                           {"fooba", "MZXW6YTB"},
                           {"foobar", "MZXW6YTBOI"}};

TEST(Base32, EncodesAndDecodesTheVectorsOfRfc4648) {
    for (const auto& vector : kVectors) {
        EXPECT_EQ(base32Encode(asBytes(vector.plain)), vector.encoded);
        const auto decoded = base32Decode(vector.encoded);
        ASSERT_TRUE(decoded) << vector.encoded;
        EXPECT_EQ(asText(*decoded), vector.plain);
    }
}

TEST(Base32, RefusesLengthsThatHoldNoWholeOctets) {
    for (const std::string text : {"M", "MZX", "MZXW6Y", "MZXW6YTBM"}) {
        const auto decoded = base32Decode(text);
        ASSERT_FALSE(decoded) << text;
        EXPECT_TRUE(decoded.error().is(kBase32));
    }
}

TEST(Base32, RefusesLowerCasePaddingAndForeignCharacters) {
    for (const std::string text : {"my", "MY======", "M1", "M8", "M ", "M\n", "MÿY"}) {
        EXPECT_FALSE(base32Decode(text)) << text;
    }
}

TEST(Base32, RefusesStrayBitsInTheLastSymbol) {
    EXPECT_FALSE(base32Decode("MZ"));  // "MY" with a bit set that belongs to no octet
    EXPECT_FALSE(base32Decode("MZXW7"));
}

TEST(Crockford, WritesSixteenOctetsAsTwentySixLowerCaseSymbols) {
    const Bytes zeros(16, 0);
    EXPECT_EQ(crockfordEncode(zeros), std::string(26, '0'));
    const Bytes ones(16, 0xff);
    EXPECT_EQ(crockfordEncode(ones), std::string(25, 'z') + "w");
}

TEST(Crockford, RoundTripsEveryOctetValue) {
    Bytes all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
    const auto decoded = crockfordDecode(crockfordEncode(all));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, all);
}

TEST(Crockford, RefusesTheFourLettersItLeavesOutAndUpperCase) {
    for (const std::string text : {"i0", "l0", "o0", "u0", "A0"})
        EXPECT_FALSE(crockfordDecode(text)) << text;
}

}  // namespace
}  // namespace pcg::codec
