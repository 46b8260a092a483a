// SPDX-License-Identifier: Apache-2.0
#include "common/codec/base64url.h"

#include <gtest/gtest.h>

namespace pcg::codec {
namespace {

TEST(Base64Url, EncodesTheExampleOfRfc7515AppendixC) {
    const Bytes octets = {3, 236, 255, 224, 193};
    EXPECT_EQ(base64UrlEncode(octets), "A-z_4ME");
    const auto decoded = base64UrlDecode("A-z_4ME");
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, octets);
}

TEST(Base64Url, RoundTripsEveryLengthUpToSixtyFour) {
    Bytes octets;
    for (int i = 0; i < 64; ++i) {
        const auto decoded = base64UrlDecode(base64UrlEncode(octets));
        ASSERT_TRUE(decoded) << i;
        EXPECT_EQ(*decoded, octets);
        octets.push_back(static_cast<std::uint8_t>(255 - 3 * i));
    }
}

TEST(Base64Url, HasOneSpellingPerValue) {
    EXPECT_TRUE(base64UrlDecode("Zg"));
    EXPECT_FALSE(base64UrlDecode("Zh"));    // stray bits
    EXPECT_FALSE(base64UrlDecode("Zg=="));  // padding
    EXPECT_FALSE(base64UrlDecode("Zg "));
    EXPECT_FALSE(base64UrlDecode("A+z/4ME"));  // the other alphabet
    EXPECT_FALSE(base64UrlDecode("A"));
}

}  // namespace
}  // namespace pcg::codec
