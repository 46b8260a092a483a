// SPDX-License-Identifier: Apache-2.0
#include "pairing/spake2.h"

#include "pairing/errc.h"
#include "test/support/seeded_random.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

namespace pcg::pairing {
namespace {

using crypto::Point;
using crypto::Scalar;
using pcg::test::hexOf;
using pcg::test::textOf;

Scalar scalar(const codec::json::Object& vector, std::string_view name) {
    return std::move(*Scalar::parse(hexOf(vector, name)));
}

TEST(Spake2, AgreesWithEveryVectorOfRfc9382) {
    const auto vectors = pcg::test::loadVectors("spake2_vectors.json");
    int checked = 0;
    for (const auto& vector : pcg::test::casesOf(**vectors.object("spake2_rfc9382"), "vectors")) {
        const auto w = scalar(vector, "w");
        auto a = *Spake2::startWith(Role::Commissioner, w, scalar(vector, "x"));
        auto b = *Spake2::startWith(Role::Gateway, w, scalar(vector, "y"));
        EXPECT_EQ(toHex(a.share()), textOf(vector, "pA"));
        EXPECT_EQ(toHex(b.share()), textOf(vector, "pB"));
        const auto shareA = a.share();
        const auto shareB = b.share();
        const auto keysA =
            std::move(a).finish(shareB, textOf(vector, "A"), textOf(vector, "B"), {});
        const auto keysB =
            std::move(b).finish(shareA, textOf(vector, "A"), textOf(vector, "B"), {});
        ASSERT_TRUE(keysA && keysB);
        for (const auto* keys : {&*keysA, &*keysB}) {
            EXPECT_EQ(toHex(keys->ke.reveal()), textOf(vector, "Ke"));
            EXPECT_EQ(toHex(keys->commissionerConfirm), textOf(vector, "cA"));
            EXPECT_EQ(toHex(keys->gatewayConfirm), textOf(vector, "cB"));
        }
        ++checked;
    }
    EXPECT_EQ(checked, 4);
}

class Spake2Hostile : public ::testing::Test {
  protected:
    Result<Spake2Keys> finish(BytesView peer) { return std::move(run).finish(peer, "A", "B", {}); }

    pcg::test::SeededRandom random;
    Scalar w = Scalar::random(random);
    Spake2 run = Spake2::start(Role::Commissioner, w, random);
};

// P12
TEST_F(Spake2Hostile, OwnShareSentBackIsRefused) {
    const auto share = run.share();
    const auto keys = finish(share);

    ASSERT_FALSE(keys);
    EXPECT_TRUE(keys.error().is(kShare));
}

TEST_F(Spake2Hostile, AShareThatUnmasksToInfinityIsRefused) {
    const auto n =
        *Point::parse(*fromHex("04d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"
                               "07d60aa6bfade45008a636337f5168c64d9bd36034808cd564490b1e656edbe7"));
    const auto share = Point::multiply(w, n).bytes();
    const auto keys = finish(share);

    ASSERT_FALSE(keys);
    EXPECT_NE(keys.error().message().find("infinity"), std::string::npos);
}

TEST_F(Spake2Hostile, WhatIsNoUncompressedPointIsRefused) {
    const auto good = toBytes(Point::generator().bytes());
    std::vector<Bytes> hostile = {{}, {0x00}, Bytes(65, 0), Bytes(good.begin(), good.end() - 1)};
    for (const int lead : {0x00, 0x02, 0x03, 0x06, 0x07}) {
        hostile.push_back(good);
        hostile.back()[0] = static_cast<std::uint8_t>(lead);
    }
    hostile.push_back(good);
    hostile.back()[40] ^= 1;
    hostile.push_back(good);
    hostile.back().push_back(0);
    for (const auto& share : hostile) {
        auto fresh = Spake2::start(Role::Gateway, w, random);
        EXPECT_FALSE(std::move(fresh).finish(share, "A", "B", {})) << toHex(share);
    }
}

TEST_F(Spake2Hostile, AnotherPasswordGivesOtherKeysAndConfirmations) {
    auto other = Spake2::start(Role::Gateway, Scalar::random(random), random);
    const auto mine = run.share();
    const auto theirs = other.share();
    const auto a = finish(theirs);
    const auto b = std::move(other).finish(mine, "A", "B", {});

    ASSERT_TRUE(a && b);
    EXPECT_NE(toHex(a->ke.reveal()), toHex(b->ke.reveal()));
    EXPECT_NE(a->commissionerConfirm, b->commissionerConfirm);
    EXPECT_NE(a->gatewayConfirm, b->gatewayConfirm);
}

// P07, in small: guesses that are not the password never confirm.
TEST_F(Spake2Hostile, NoWrongGuessConfirms) {
    for (int i = 0; i < 500; ++i) {
        auto gateway = Spake2::start(Role::Gateway, w, random);
        auto guess = Spake2::start(Role::Commissioner, Scalar::random(random), random);
        const auto a = guess.share();
        const auto b = gateway.share();
        const auto guessed = std::move(guess).finish(b, "A", "B", {});
        const auto real = std::move(gateway).finish(a, "A", "B", {});
        ASSERT_TRUE(guessed && real);
        ASSERT_NE(guessed->commissionerConfirm, real->commissionerConfirm);
    }
}

}  // namespace
}  // namespace pcg::pairing
