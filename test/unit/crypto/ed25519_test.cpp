// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/ed25519.h"

#include "common/crypto/errc.h"

#include <gtest/gtest.h>

namespace pcg::crypto {
namespace {

struct Vector {
    const char* seed;
    const char* publicKey;
    const char* message;
    const char* signature;
};

// RFC 8032 section 7.1, TEST 1 to TEST 3 and TEST SHA(abc).
const Vector kVectors[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                            "",
                            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb882"
                            "1590a33bacc61e39701cf9b46b"
                            "d25bf5f0595bbe24655141438e7a100b"},
                           {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                            "72",
                            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1"
                            "e43e15996e458f3613d0f11d8c"
                            "387b2eaeb4302aeeb00d291612bb0c00"},
                           {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                            "af82",
                            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b"
                            "538d16f290ae67f760984dc659"
                            "4a7c15e9716ed28dc027beceea1ec40a"},
                           {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
                            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
                            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a219299"
                            "2a274fc1a836ba3c23a3feebbd"
                            "454d4423643ce80e2a9ac94fa54ca49f",
                            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351f"
                            "c9ac90b3ecfdfbc7c66431e030"
                            "3dca179c138ac17ad9bef1177331a704"}};

Bytes hex(const char* text) { return fromHex(text).value(); }

TEST(Ed25519, SignsAndVerifiesTheVectorsOfRfc8032) {
    for (const auto& vector : kVectors) {
        const auto key = Ed25519Key::fromSeed(Secret(hex(vector.seed)));
        ASSERT_TRUE(key);
        EXPECT_EQ(toHex(key->publicKey()), vector.publicKey);
        const auto signature = key->sign(hex(vector.message));
        ASSERT_TRUE(signature);
        EXPECT_EQ(toHex(*signature), vector.signature);
        EXPECT_TRUE(verifyEd25519(key->publicKey(), hex(vector.message), *signature));
    }
}

TEST(Ed25519, RefusesAnotherMessageKeyOrSignature) {
    const auto key = Ed25519Key::fromSeed(Secret(hex(kVectors[1].seed)));
    const auto other = Ed25519Key::fromSeed(Secret(hex(kVectors[2].seed)));
    const auto message = hex("72");
    const auto signature = key->sign(message).value();
    EXPECT_FALSE(verifyEd25519(key->publicKey(), hex("73"), signature));
    EXPECT_FALSE(verifyEd25519(other->publicKey(), message, signature));
    for (std::size_t i = 0; i < signature.size(); ++i) {
        auto changed = signature;
        changed[i] ^= 1;
        const auto verified = verifyEd25519(key->publicKey(), message, changed);
        ASSERT_FALSE(verified) << i;
        EXPECT_TRUE(verified.error().is(kSignature));
    }
}

TEST(Ed25519, RefusesASignatureOrSeedOfAnotherLength) {
    const auto key = Ed25519Key::fromSeed(Secret(hex(kVectors[0].seed))).value();
    const auto signature = key.sign({}).value();
    EXPECT_FALSE(verifyEd25519(key.publicKey(), {}, BytesView(signature).first(63)));
    EXPECT_FALSE(verifyEd25519(key.publicKey(), {}, {}));
    for (const std::size_t size : {0U, 31U, 33U, 64U}) {
        const auto loaded = Ed25519Key::fromSeed(Secret(Bytes(size, 1)));
        ASSERT_FALSE(loaded) << size;
        EXPECT_TRUE(loaded.error().is(kKey));
    }
}

}  // namespace
}  // namespace pcg::crypto
