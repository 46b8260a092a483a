// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/p256.h"

#include "common/crypto/errc.h"
#include "common/crypto/random.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

namespace pcg::crypto {
namespace {

constexpr const char* kOrder = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

TEST(P256, EcdhAgreesWithRfc5903) {
    for (const auto& vector :
         test::casesOf(test::loadVectors("symmetric_and_ecdh.json"), "ecdh_p256")) {
        const auto i = *Scalar::parse(test::hexOf(vector, "i"));
        const auto r = *Scalar::parse(test::hexOf(vector, "r"));
        EXPECT_EQ(toHex(Point::multiplyGenerator(i).bytes()), *vector.string("gi", 130));
        EXPECT_EQ(toHex(ecdh(i, *Point::parse(test::hexOf(vector, "gr"))).reveal()),
                  *vector.string("gir", 64));
        EXPECT_EQ(toHex(ecdh(r, *Point::parse(test::hexOf(vector, "gi"))).reveal()),
                  *vector.string("gir", 64));
    }
}

TEST(P256, PointsAreTakenUncompressedOnTheCurveOrNotAtAll) {
    const auto good = toBytes(Point::generator().bytes());
    ASSERT_TRUE(Point::parse(good));

    const auto refused = [](Bytes bytes) {
        const auto point = Point::parse(bytes);
        return !point && point.error().is(kPoint);
    };
    for (const int lead : {0x00, 0x02, 0x03, 0x05, 0x06, 0x07, 0xff}) {
        auto bytes = good;
        bytes[0] = static_cast<std::uint8_t>(lead);
        EXPECT_TRUE(refused(bytes)) << lead;
    }
    auto offCurve = good;
    offCurve[64] ^= 1;
    EXPECT_TRUE(refused(offCurve));
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused({0}));
    EXPECT_TRUE(refused(Bytes(65, 0)));
    EXPECT_TRUE(refused(Bytes(good.begin(), good.end() - 1)));
    auto longer = good;
    longer.push_back(0);
    EXPECT_TRUE(refused(longer));
    auto compressed = Bytes(good.begin(), good.begin() + 33);
    compressed[0] = 0x03;
    EXPECT_TRUE(refused(compressed));
}

TEST(P256, CoordinatesMustBeBelowThePrime) {
    // x = 0 lies on P-256 (b is a square); x = p is the same class, spelt too large.
    const auto y = *fromHex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
    const auto p = *fromHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    Bytes zero{0x04};
    append(zero, Bytes(32, 0));
    append(zero, y);
    Bytes wide{0x04};
    append(wide, p);
    append(wide, y);

    EXPECT_TRUE(Point::parse(zero));
    EXPECT_FALSE(Point::parse(wide));
}

TEST(P256, TheSumThatIsInfinityIsRefused) {
    const auto g = Point::generator();

    EXPECT_FALSE(Point::subtract(g, g));
    ASSERT_TRUE(Point::add(g, g));
    EXPECT_EQ(*Point::subtract(*Point::add(g, g), g), g);
}

TEST(P256, ScalarsLieBetweenZeroAndTheOrder) {
    const auto order = *fromHex(kOrder);
    auto last = order;
    --last.back();

    EXPECT_FALSE(Scalar::parse(order));
    EXPECT_TRUE(Scalar::parse(last));
    EXPECT_FALSE(Scalar::parse(Bytes(32, 0)));
    EXPECT_FALSE(Scalar::parse(Bytes(31, 1)));
    EXPECT_FALSE(Scalar::parse(Bytes(33, 1)));
    EXPECT_FALSE(Scalar::reduce(order));
    EXPECT_FALSE(Scalar::reduce({}));
    auto wide = order;
    append(wide, Bytes(16, 0));
    wide.back() = 5;
    EXPECT_EQ(toHex(Scalar::reduce(wide)->bytes().reveal()), std::string(63, '0') + "5");
}

TEST(P256, RandomScalarsDiffer) {
    SystemRandom random;

    EXPECT_NE(toHex(Scalar::random(random).bytes().reveal()),
              toHex(Scalar::random(random).bytes().reveal()));
}

}  // namespace
}  // namespace pcg::crypto
