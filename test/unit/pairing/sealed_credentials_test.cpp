// SPDX-License-Identifier: Apache-2.0
#include "pairing/sealed_credentials.h"

#include "pairing/errc.h"
#include "pairing/types.h"
#include "test/support/seeded_random.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pcg::pairing::test {
namespace {

using codec::json::Object;
using pcg::test::hexOf;
using pcg::test::textOf;

const Object& vectors() {
    static const Object kVectors = pcg::test::loadVectors("sealed_credentials.json");
    return kVectors;
}

crypto::PointBytes pointOf(const Object& vector, std::string_view name) {
    const auto octets = hexOf(vector, name);
    crypto::PointBytes point{};
    std::copy(octets.begin(), octets.end(), point.begin());
    return point;
}

// Hands out what the vector fixes, in the order in which sealing asks for it.
class FixedRandom final : public Random {
  public:
    explicit FixedRandom(Bytes octets) : octets_(std::move(octets)) {}

    void fill(MutableBytes bytes) override {
        for (auto& octet : bytes) octet = octets_.at(at_++);
    }

  private:
    Bytes octets_;
    std::size_t at_ = 0;
};

class SealedCredentialsVector : public ::testing::Test {
  protected:
    std::string gateway = textOf(vectors(), "gateway_id");
    crypto::PointBytes publicKey = pointOf(vectors(), "sealing_public");
    crypto::Scalar privateKey = *crypto::Scalar::parse(hexOf(vectors(), "sealing_private"));
    std::vector<Object> cases = pcg::test::casesOf(vectors(), "cases");
};

TEST_F(SealedCredentialsVector, EachBoxOpensToItsText) {
    for (const auto& one : cases) {
        const auto name = textOf(one, "endpoint_name");
        const auto kind = textOf(one, "kind");
        const auto opened =
            openCredentials(hexOf(one, "sealed"), privateKey, {gateway, name, kind});
        ASSERT_TRUE(opened) << name << ": " << opened.error().message();
        EXPECT_EQ(opened->revealText(), textOf(one, "plaintext"));
        EXPECT_EQ(toText(hexOf(one, "sealed")), textOf(one, "sealed_base64url"));
    }
}

TEST_F(SealedCredentialsVector, SealingWithTheSameEphemeralKeyAndNonceGivesTheSameOctets) {
    for (const auto& one : cases) {
        auto octets = hexOf(one, "ephemeral_private");
        append(octets, hexOf(one, "nonce"));
        FixedRandom random(std::move(octets));
        const auto name = textOf(one, "endpoint_name");
        const auto kind = textOf(one, "kind");
        const auto sealed = sealCredentials(
            Secret::fromText(textOf(one, "plaintext")), publicKey, {gateway, name, kind}, random);
        ASSERT_TRUE(sealed) << sealed.error().message();
        EXPECT_EQ(toHex(*sealed), textOf(one, "sealed"));
    }
}

TEST_F(SealedCredentialsVector, TheKeyIsTheGatewaysOwn) {
    const auto spki = hexOf(vectors(), "device_spki");
    const auto signature = hexOf(vectors(), "key_signature");
    EXPECT_EQ(sealingKeyId(publicKey), textOf(vectors(), "key_id"));
    EXPECT_EQ(toHex(sealingKeyStatement(gateway, publicKey)), textOf(vectors(), "key_statement"));

    const auto verified = verifySealingKey(gateway, publicKey, spki, signature);
    EXPECT_TRUE(verified) << verified.error().message();
}

TEST_F(SealedCredentialsVector, AKeyThatTheDeviceDidNotSignForThisGatewayIsRefused) {
    const auto spki = hexOf(vectors(), "device_spki");
    auto signature = hexOf(vectors(), "key_signature");
    const auto other = pointOf(cases[0], "ephemeral_public");
    const auto stranger = *crypto::EcKey::generate(crypto::EcCurve::P256);

    EXPECT_TRUE(verifySealingKey(gateway, other, spki, signature).error().is(kSealed));
    EXPECT_TRUE(verifySealingKey("gw_00000000000000000000000000", publicKey, spki, signature)
                    .error()
                    .is(kSealed));
    const auto forged = *stranger.signEs256(sealingKeyStatement(gateway, publicKey));
    EXPECT_TRUE(
        verifySealingKey(gateway, publicKey, stranger.publicSpki(), forged).error().is(kSealed));
    signature[0] ^= 1;
    EXPECT_TRUE(verifySealingKey(gateway, publicKey, spki, signature).error().is(kSealed));
}

class SealedCredentials : public ::testing::Test {
  protected:
    pcg::test::SeededRandom random{7};
    crypto::Scalar privateKey = crypto::Scalar::random(random);
    crypto::PointBytes publicKey = crypto::Point::multiplyGenerator(privateKey).bytes();
    SealContext context{"gw_00000000000000000000000001", "vc1", "vcenter"};
    PasswordCredentials given{"https://vc1/", Secret::fromText("root"), Secret::fromText("secret")};
    Bytes sealed = *sealCredentials(given.write(), publicKey, context, random);

    void expectRefused(BytesView box, const SealContext& under) {
        const auto opened = openCredentials(box, privateKey, under);
        ASSERT_FALSE(opened);
        EXPECT_TRUE(opened.error().is(kSealed));
    }
};

TEST_F(SealedCredentials, WhatWasGivenIsReadAgain) {
    const auto opened = openCredentials(sealed, privateKey, context);
    ASSERT_TRUE(opened) << opened.error().message();
    const auto read = PasswordCredentials::parse(*opened);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->address, "https://vc1/");
    EXPECT_EQ(read->username.revealText(), "root");
    EXPECT_EQ(read->password.revealText(), "secret");
}

TEST_F(SealedCredentials, ABoxForAnotherEndpointKindOrGatewayDoesNotOpen) {
    expectRefused(sealed, {context.gatewayId, "vc2", context.kind});
    expectRefused(sealed, {context.gatewayId, context.endpointName, "maas"});
    expectRefused(sealed, {"gw_00000000000000000000000002", context.endpointName, context.kind});
    // The lengths are in the key: what moves from one part to the next is another context.
    expectRefused(sealed, {context.gatewayId, "vc1v", "center"});
}

TEST_F(SealedCredentials, ABoxForAnotherKeyDoesNotOpen) {
    const auto later = crypto::Scalar::random(random);
    EXPECT_TRUE(openCredentials(sealed, later, context).error().is(kSealed));
}

TEST_F(SealedCredentials, EveryFlippedBitIsRefused) {
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto flipped = sealed;
        auto& octet = flipped[bit / 8];
        octet = static_cast<std::uint8_t>(octet ^ (1U << bit % 8));
        ASSERT_FALSE(openCredentials(flipped, privateKey, context)) << bit;
    }
}

TEST_F(SealedCredentials, ABoxOfAnyOtherLengthIsRefused) {
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        ASSERT_FALSE(openCredentials(BytesView(sealed).first(size), privateKey, context)) << size;
    }
    auto longer = sealed;
    longer.push_back(0);
    expectRefused(longer, context);
    longer.resize(kMaxSealedCredentials + 1);
    expectRefused(longer, context);
}

TEST_F(SealedCredentials, TwoPasswordsOfDifferentLengthMakeBoxesOfOneLength) {
    given.password = Secret::fromText("a much longer secret than the one before");
    const auto other = *sealCredentials(given.write(), publicKey, context, random);
    EXPECT_EQ(other.size(), sealed.size());
}

TEST_F(SealedCredentials, AnApiKeyIsCutBehindItsLastColon) {
    const auto read =
        PasswordCredentials::parse(Secret::fromText(R"({"address":"maas","api_key":"c:t:s"})"));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->username.revealText(), "c:t");
    EXPECT_EQ(read->password.revealText(), "s");
    EXPECT_FALSE(
        PasswordCredentials::parse(Secret::fromText(R"({"address":"maas","api_key":"secret"})")));
}

TEST_F(SealedCredentials, TextThatIsNotWhatItShouldBeIsNamedByItsMember) {
    const auto why = [](std::string_view text) {
        const auto read = PasswordCredentials::parse(Secret::fromText(text));
        return read ? std::string("accepted") : read.error().message();
    };
    EXPECT_NE(why("hunter2").find("not a JSON object"), std::string::npos);
    EXPECT_EQ(why("hunter2").find("hunter2"), std::string::npos);
    EXPECT_NE(why(R"({"username":"u","password":"p"})").find("address"), std::string::npos);
    EXPECT_NE(why(R"({"address":"vc","username":"","password":"p"})").find("username"),
              std::string::npos);
    EXPECT_NE(why(R"({"address":"vc","username":"u","password":"p\nq"})").find("one line"),
              std::string::npos);
    EXPECT_NE(why(R"({"address":"vc","username":"u"})").find("password"), std::string::npos);
}

}  // namespace
}  // namespace pcg::pairing::test
