// SPDX-License-Identifier: Apache-2.0
#include "common/xml/names.h"

#include <gtest/gtest.h>

namespace pcg::xml {
namespace {

TEST(XmlNames, AreSplitAtTheLastSeparator) {
    const Name name = splitName("urn:vim25\nLogin");
    EXPECT_EQ(name.space, "urn:vim25");
    EXPECT_EQ(name.local, "Login");
}

TEST(XmlNames, WithoutASeparatorAreInNoNamespace) {
    const Name name = splitName("key");
    EXPECT_EQ(name.space, "");
    EXPECT_EQ(name.local, "key");
}

TEST(XmlNames, OnlyTheWhiteSpaceOfXmlIsBlank) {
    EXPECT_TRUE(isBlank(""));
    EXPECT_TRUE(isBlank(" \t\r\n"));
    EXPECT_FALSE(isBlank("\v"));
    EXPECT_FALSE(isBlank(" x "));
}

TEST(XmlNames, ADocumentThatExpatWouldTakeForUtf16LooksWide) {
    EXPECT_TRUE(looksWide(asBytes(std::string_view("<\0?\0", 4))));
    EXPECT_TRUE(looksWide(asBytes("\xff\xfe<")));
    EXPECT_TRUE(looksWide(asBytes("\xfe\xff")));
    EXPECT_FALSE(looksWide(asBytes("\xef\xbb\xbf<")));
    EXPECT_FALSE(looksWide(asBytes("<?xm")));
    EXPECT_FALSE(looksWide({}));
}

}  // namespace
}  // namespace pcg::xml
