// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/kdf.h"

#include "test/support/vectors.h"

#include <gtest/gtest.h>

namespace pcg::crypto {
namespace {

using test::casesOf;
using test::hexOf;

const codec::json::Object& vectors() {
    static const auto kVectors = test::loadVectors("symmetric_and_ecdh.json");
    return kVectors;
}

TEST(Hmac, AgreesWithRfc4231) {
    for (const auto& vector : casesOf(vectors(), "hmac_sha256")) {
        EXPECT_EQ(toHex(hmacSha256(hexOf(vector, "key"), hexOf(vector, "message"))),
                  *vector.string("tag", 64));
    }
}

TEST(Hkdf, AgreesWithRfc5869) {
    for (const auto& vector : casesOf(vectors(), "hkdf")) {
        const auto okm = hexOf(vector, "okm");
        const auto prk = hkdfExtract(hexOf(vector, "salt"), hexOf(vector, "ikm"));
        EXPECT_EQ(toHex(prk.reveal()), *vector.string("prk", 64));
        EXPECT_EQ(toHex(hkdfExpand(prk, hexOf(vector, "info"), okm.size()).reveal()), toHex(okm));
        EXPECT_EQ(toHex(hkdf(hexOf(vector, "salt"), hexOf(vector, "ikm"), hexOf(vector, "info"), 7)
                            .reveal()),
                  toHex(okm).substr(0, 14));
    }
}

TEST(Pbkdf2, AgreesWithRfc7914Section11) {
    for (const auto& vector : casesOf(vectors(), "pbkdf2")) {
        const auto key = pbkdf2Sha256(hexOf(vector, "password"),
                                      hexOf(vector, "salt"),
                                      static_cast<unsigned>(*vector.integer("iterations")),
                                      64);
        EXPECT_EQ(toHex(key.reveal()), *vector.string("key", 128));
    }
}

TEST(Scrypt, AgreesWithRfc7914Section12) {
    for (const auto& vector : casesOf(vectors(), "scrypt")) {
        const ScryptCost cost{static_cast<std::uint64_t>(*vector.integer("n")),
                              static_cast<std::uint32_t>(*vector.integer("r")),
                              static_cast<std::uint32_t>(*vector.integer("p"))};
        EXPECT_EQ(
            toHex(scrypt(hexOf(vector, "password"), hexOf(vector, "salt"), cost, 64).reveal()),
            *vector.string("key", 128));
    }
}

TEST(Scrypt, TheDefaultCostIsPayable) {
    EXPECT_EQ(scrypt(asBytes("p"), asBytes("s"), ScryptCost{}, 32).size(), 32U);
}

TEST(Sha256, BitByBitIsTheSameAsAtOnce) {
    Sha256 hash;
    hash.update("ab").update("").update("c");

    EXPECT_EQ(toHex(hash.finish()),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash.update("abc").finish(), sha256("abc"));
}

}  // namespace
}  // namespace pcg::crypto
