// SPDX-License-Identifier: Apache-2.0
#include "common/identity/nkey.h"

#include "common/identity/errc.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::identity {
namespace {

// Made with github.com/nats-io/nkeys 0.3.0 from the seed 00 01 02 .. 1f.
constexpr std::string_view kOperatorSeed =
    "SOAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2AJA";
constexpr std::string_view kOperator = "OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT";
constexpr std::string_view kAccountSeed =
    "SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI";
constexpr std::string_view kAccount = "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV";
constexpr std::string_view kUserSeed = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y";
constexpr std::string_view kUser = "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK";
constexpr std::string_view kServerSeed =
    "SNAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2D5U";
constexpr std::string_view kServer = "NAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RSWB";

template <class Pair>
auto fromSeed(std::string_view text) {
    return Pair::fromSeed(Secret::fromText(text));
}

TEST(Nkey, SeedsGiveThePublicKeysThatTheReferenceGives) {
    EXPECT_EQ(fromSeed<OperatorKeyPair>(kOperatorSeed)->publicKey().text(), kOperator);
    EXPECT_EQ(fromSeed<AccountKeyPair>(kAccountSeed)->publicKey().text(), kAccount);
    EXPECT_EQ(fromSeed<UserKeyPair>(kUserSeed)->publicKey().text(), kUser);
}

TEST(Nkey, TakesTheKeysOfRealTokens) {
    EXPECT_TRUE(OperatorKey::parse("OC5COECGOUDNHORIHYDHEOJYZ65YMT32I7VYRG2QWYDQWPFOIRXU6LRI"));
    EXPECT_TRUE(AccountKey::parse("ADA2BX6Q52P65ZMDJGIFD6FJKVCH3M22Q2LNVT6QFPUXEHM2LZIQLJQN"));
    EXPECT_TRUE(UserKey::parse("UCDUM463HGWWBSXBBFZYTLMTRHLOJETDIYQRC5YC7ZNVNAARYEBLJ4Y5"));
}

TEST(Nkey, ComesBackFromItsText) {
    test::SeededRandom random(7);
    for (int i = 0; i < 50; ++i) {
        const auto pair = UserKeyPair::generate(random).value();
        EXPECT_EQ(UserKey::parse(pair.publicKey().text()).value(), pair.publicKey());
        EXPECT_EQ(UserKey::of(pair.publicKey().raw()), pair.publicKey());
        EXPECT_EQ(UserKeyPair::fromSeed(pair.seed())->publicKey(), pair.publicKey());
        EXPECT_EQ(pair.publicKey().text().size(), 56U);
        EXPECT_EQ(pair.publicKey().text().front(), 'U');
        EXPECT_TRUE(pair.seed().revealText().starts_with("SU"));
    }
}

TEST(Nkey, OneKindDoesNotParseAsAnother) {
    for (const auto text : {kAccount, kUser, kServer})
        EXPECT_FALSE(OperatorKey::parse(text)) << text;
    for (const auto text : {kOperator, kUser, kServer})
        EXPECT_FALSE(AccountKey::parse(text)) << text;
    for (const auto text : {kOperator, kAccount, kServer})
        EXPECT_FALSE(UserKey::parse(text)) << text;
    for (const auto seed : {kAccountSeed, kUserSeed, kServerSeed, kOperator}) {
        EXPECT_FALSE(fromSeed<OperatorKeyPair>(seed));
    }
    for (const auto seed : {kOperatorSeed, kUserSeed, kServerSeed, kAccount}) {
        EXPECT_FALSE(fromSeed<AccountKeyPair>(seed));
    }
    for (const auto seed : {kOperatorSeed, kAccountSeed, kServerSeed, kUser}) {
        const auto pair = fromSeed<UserKeyPair>(seed);
        ASSERT_FALSE(pair);
        EXPECT_TRUE(pair.error().is(kNkey));
    }
}

TEST(Nkey, TheMessageSaysWhichKindWasExpectedAndNeverQuotesASeed) {
    const auto wrong = fromSeed<UserKeyPair>(kAccountSeed);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message().find("starts with U"), std::string::npos);
    EXPECT_EQ(wrong.error().message().find("SAAAA"), std::string::npos);
}

TEST(Nkey, EverySingleWrongCharacterIsFound) {
    for (std::size_t i = 0; i < kUser.size(); ++i) {
        for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567a=")) {
            std::string text(kUser);
            if (text[i] == c) continue;
            text[i] = c;
            EXPECT_FALSE(UserKey::parse(text)) << text;
        }
        std::string seed(kUserSeed);
        seed[i % seed.size()] = seed[i % seed.size()] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(fromSeed<UserKeyPair>(seed)) << seed;
    }
}

TEST(Nkey, RefusesTextThatIsCutLongerOrPadded) {
    const std::string text(kUser);
    for (const auto& wrong : {std::string(),
                              text.substr(1),
                              text.substr(0, 55),
                              text + "A",
                              text + "\n",
                              " " + text,
                              text + text}) {
        EXPECT_FALSE(UserKey::parse(wrong)) << wrong;
    }
}

TEST(Nkey, SignsWithTheKeyOfItsPublicText) {
    const auto pair = fromSeed<UserKeyPair>(kUserSeed).value();
    const auto signature = pair.sign(asBytes("nonce")).value();
    EXPECT_TRUE(crypto::verifyEd25519(pair.publicKey().raw(), asBytes("nonce"), signature));
    EXPECT_FALSE(crypto::verifyEd25519(pair.publicKey().raw(), asBytes("once"), signature));
}

}  // namespace
}  // namespace pcg::identity
