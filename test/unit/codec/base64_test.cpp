// SPDX-License-Identifier: Apache-2.0
#include "common/codec/base64.h"

#include "common/codec/errc.h"

#include <gtest/gtest.h>

namespace pcg::codec {
namespace {

TEST(Base64, EncodesAndDecodesTheVectorsOfRfc4648) {
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(base64Encode(asBytes(plain)), encoded);
        const auto decoded = base64Decode(encoded);
        ASSERT_TRUE(decoded) << encoded;
        EXPECT_EQ(asText(*decoded), plain);
    }
}

TEST(Base64, DecodesTheExampleOfHttpBasic) {
    const auto decoded = base64Decode("QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617 section 2
    ASSERT_TRUE(decoded);
    EXPECT_EQ(asText(*decoded), "Aladdin:open sesame");
}

TEST(Base64, RefusesWrongPaddingBlanksAndTheUrlAlphabet) {
    for (const std::string text : {"Zg",
                                   "Zg=",
                                   "Zg===",
                                   "Z===",
                                   "====",
                                   "=",
                                   "Zg==Zg==",
                                   "Zm 9",
                                   "Zm9v\n",
                                   "-_-_",
                                   "Zm=v"}) {
        const auto decoded = base64Decode(text);
        ASSERT_FALSE(decoded) << text;
        EXPECT_TRUE(decoded.error().is(kBase64));
    }
}

TEST(Base64, RefusesStrayBitsInTheLastSymbol) {
    EXPECT_FALSE(base64Decode("Zh=="));
    EXPECT_FALSE(base64Decode("Zm9="));
}

}  // namespace
}  // namespace pcg::codec
