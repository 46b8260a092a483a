// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/ec_key.h"

#include "common/crypto/errc.h"

#include <gtest/gtest.h>

namespace pcg::crypto {
namespace {

const auto kMessage = asBytes("the message");

TEST(EcKey, SurvivesExportAndImport) {
    for (const auto curve : {EcCurve::P256, EcCurve::P384}) {
        const auto key = EcKey::generate(curve).value();
        const auto again = EcKey::fromPkcs8(key.toPkcs8().value());
        ASSERT_TRUE(again);
        EXPECT_EQ(again->curve(), curve);
        EXPECT_EQ(again->publicSpki(), key.publicSpki());
        EXPECT_TRUE(verifyEcdsaDer(key.publicSpki(), kMessage, again->signDer(kMessage).value()));
    }
}

TEST(EcKey, WritesAPemOfAPrivateKey) {
    const auto pem = EcKey::generate(EcCurve::P256)->toPem().value();
    EXPECT_TRUE(pem.revealText().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    EXPECT_TRUE(pem.revealText().ends_with("-----END PRIVATE KEY-----\n"));
}

TEST(EcKey, EachGenerationIsAnotherKey) {
    EXPECT_NE(EcKey::generate(EcCurve::P256)->publicSpki(),
              EcKey::generate(EcCurve::P256)->publicSpki());
}

TEST(EcKey, SignsEs256AsSixtyFourBytesThatVerify) {
    const auto key = EcKey::generate(EcCurve::P256).value();
    // Often enough to meet r or s with leading zero bytes.
    for (int i = 0; i < 600; ++i) {
        const auto text = std::to_string(i);
        const auto signature = key.signEs256(asBytes(text)).value();
        ASSERT_TRUE(verifyEs256(key.publicSpki(), asBytes(text), signature)) << i;
    }
}

TEST(EcKey, RefusesEs256WithP384) {
    const auto key = EcKey::generate(EcCurve::P384).value();
    EXPECT_TRUE(key.signEs256(kMessage).error().is(kKey));
    EXPECT_TRUE(verifyEs256(key.publicSpki(), kMessage, Bytes(64, 1)).error().is(kKey));
}

TEST(EcKey, RefusesAForgedOrMisshapenEs256Signature) {
    const auto key = EcKey::generate(EcCurve::P256).value();
    const auto signature = key.signEs256(kMessage).value();
    EXPECT_FALSE(verifyEs256(key.publicSpki(), asBytes("another message"), signature));
    EXPECT_FALSE(verifyEs256(key.publicSpki(), kMessage, BytesView(signature).first(63)));
    EXPECT_FALSE(
        verifyEs256(key.publicSpki(), kMessage, Bytes(64, 0)));  // r = s = 0: CVE-2022-21449
    EXPECT_FALSE(verifyEs256(key.publicSpki(), kMessage, key.signDer(kMessage).value()));
    EXPECT_FALSE(verifyEs256(EcKey::generate(EcCurve::P256)->publicSpki(), kMessage, signature));
    for (std::size_t i = 0; i < signature.size(); ++i) {
        auto changed = signature;
        changed[i] ^= 1;
        ASSERT_FALSE(verifyEs256(key.publicSpki(), kMessage, changed)) << i;
    }
}

TEST(EcKey, RefusesAPublicKeyWithSomethingAfterIt) {
    const auto key = EcKey::generate(EcCurve::P256).value();
    auto spki = key.publicSpki();
    spki.push_back(0);
    EXPECT_TRUE(curveOfSpki(spki).error().is(kKey));
    spki.pop_back();
    EXPECT_EQ(curveOfSpki(spki).value(), EcCurve::P256);
    spki.pop_back();
    EXPECT_TRUE(curveOfSpki(spki).error().is(kKey));
    EXPECT_TRUE(curveOfSpki({}).error().is(kKey));
}

TEST(EcKey, RefusesAPublicKeyOffTheCurve) {
    auto spki = EcKey::generate(EcCurve::P256)->publicSpki();
    spki.back() ^= 1;
    EXPECT_TRUE(curveOfSpki(spki).error().is(kKey));
}

TEST(EcKey, RefusesPrivateKeysThatAreNotWholeEcKeys) {
    const auto whole = EcKey::generate(EcCurve::P256)->toPkcs8().value();
    EXPECT_TRUE(EcKey::fromPkcs8(Secret()).error().is(kKey));
    EXPECT_TRUE(EcKey::fromPkcs8(Secret(whole.reveal().first(whole.size() - 1))).error().is(kKey));
    auto longer = toBytes(whole.reveal());
    longer.push_back(0);
    EXPECT_TRUE(EcKey::fromPkcs8(Secret::takeBytes(longer)).error().is(kKey));
    // RFC 8410 section 10.3: an Ed25519 key.
    const auto ed25519 = fromHex(
        "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44"
        "755842");
    EXPECT_TRUE(EcKey::fromPkcs8(Secret(*ed25519)).error().is(kKey));
}

TEST(EcKey, RefusesAPrivateKeyWithAnotherKeysPoint) {
    const auto a = EcKey::generate(EcCurve::P256).value();
    const auto b = EcKey::generate(EcCurve::P256).value();
    auto mixed = toBytes(a.toPkcs8()->reveal());
    const auto other = toBytes(b.toPkcs8()->reveal());
    ASSERT_EQ(mixed.size(), other.size());
    // The uncompressed point is the tail of both encodings.
    std::copy(other.end() - 64, other.end(), mixed.end() - 64);
    EXPECT_TRUE(EcKey::fromPkcs8(Secret(mixed)).error().is(kKey));
}

}  // namespace
}  // namespace pcg::crypto
