// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/aead.h"

#include "common/crypto/errc.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pcg::crypto {
namespace {

AeadNonce nonceOf(BytesView bytes) {
    AeadNonce nonce{};
    std::copy(bytes.begin(), bytes.end(), nonce.begin());
    return nonce;
}

TEST(Aead, AgreesWithTheGcmSpecification) {
    for (const auto& vector :
         test::casesOf(test::loadVectors("symmetric_and_ecdh.json"), "aes_256_gcm")) {
        const Secret key(test::hexOf(vector, "key"));
        const auto nonce = nonceOf(test::hexOf(vector, "nonce"));
        const auto associated = test::hexOf(vector, "associated");
        const auto plaintext = test::hexOf(vector, "plaintext");
        const auto sealed = test::hexOf(vector, "sealed");

        EXPECT_EQ(toHex(aesGcmSeal(key, nonce, associated, plaintext)), toHex(sealed));
        const auto opened = aesGcmOpen(key, nonce, associated, sealed);
        ASSERT_TRUE(opened);
        EXPECT_EQ(toHex(opened->reveal()), toHex(plaintext));
    }
}

TEST(Aead, EveryFlippedBitIsRefused) {
    const Secret key(Bytes(32, 7));
    const AeadNonce nonce{1, 2, 3};
    const auto sealed = aesGcmSeal(key, nonce, asBytes("row 1"), asBytes("password"));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto flipped = sealed;
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
        const auto opened = aesGcmOpen(key, nonce, asBytes("row 1"), flipped);
        ASSERT_FALSE(opened);
        EXPECT_TRUE(opened.error().is(kNotAuthentic));
    }
    EXPECT_FALSE(aesGcmOpen(key, nonce, asBytes("row 2"), sealed));
    EXPECT_FALSE(aesGcmOpen(key, AeadNonce{1, 2, 4}, asBytes("row 1"), sealed));
    EXPECT_FALSE(aesGcmOpen(Secret(Bytes(32, 8)), nonce, asBytes("row 1"), sealed));
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(aesGcmOpen(key, nonce, asBytes("row 1"), BytesView(sealed).first(size)));
    }
}

}  // namespace
}  // namespace pcg::crypto
