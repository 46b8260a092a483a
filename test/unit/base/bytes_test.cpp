// SPDX-License-Identifier: Apache-2.0
#include "common/base/bytes.h"

#include <gtest/gtest.h>

namespace pcg {
namespace {

TEST(Bytes, HexRoundTrips) {
    const Bytes bytes = {0x00, 0x7f, 0x80, 0xff};

    EXPECT_EQ(toHex(bytes), "007f80ff");
    EXPECT_EQ(fromHex("007F80ff"), bytes);
}

TEST(Bytes, HexRefusesWhatIsNotHex) {
    EXPECT_EQ(fromHex("0"), std::nullopt);
    EXPECT_EQ(fromHex("0g"), std::nullopt);
    EXPECT_EQ(fromHex(""), Bytes{});
}

}  // namespace
}  // namespace pcg
