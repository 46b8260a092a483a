// SPDX-License-Identifier: Apache-2.0
#include "common/wire/crc32c.h"

#include <gtest/gtest.h>

namespace pcg::wire {
namespace {

std::uint32_t crcOf(BytesView bytes) {
    Crc32c crc;
    crc.update(bytes);
    return crc.value();
}

// RFC 3720 appendix B.4.
TEST(Crc32c, GivesTheValuesOfRfc3720) {
    Bytes ascending(32);
    Bytes descending(32);
    for (std::uint8_t i = 0; i < 32; ++i) {
        ascending[i] = i;
        descending[31 - i] = i;
    }
    EXPECT_EQ(crcOf(Bytes(32, 0x00)), 0x8a9136aaU);
    EXPECT_EQ(crcOf(Bytes(32, 0xff)), 0x62a8ab43U);
    EXPECT_EQ(crcOf(ascending), 0x46dd794eU);
    EXPECT_EQ(crcOf(descending), 0x113fdb5cU);
    EXPECT_EQ(crcOf(asBytes("123456789")), 0xe3069283U);
    EXPECT_EQ(crcOf({}), 0U);
}

TEST(Crc32c, DoesNotDependOnHowTheBytesAreCut) {
    const auto text = asBytes("the quick brown fox jumps over the lazy dog");
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Crc32c crc;
        crc.update(text.first(cut));
        crc.update(text.subspan(cut));
        EXPECT_EQ(crc.value(), crcOf(text)) << cut;
    }
}

}  // namespace
}  // namespace pcg::wire
