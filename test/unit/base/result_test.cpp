// SPDX-License-Identifier: Apache-2.0
#include "common/base/result.h"

#include <gtest/gtest.h>

namespace pcg {
namespace {

constexpr ErrorCode kOdd{ErrorClass::Input, "test.odd"};

Result<int> half(int number) {
    if (number % 2 != 0) return fail(kOdd, "the number is odd; give an even one");
    return number / 2;
}

Result<int> quarter(int number) { return half(PCG_TRY(half(number))); }

TEST(Result, TryYieldsTheValueOrReturnsTheError) {
    EXPECT_EQ(quarter(8), 2);
    ASSERT_FALSE(quarter(6));
    EXPECT_TRUE(quarter(6).error().is(kOdd));
}

TEST(Result, ContextIsPrepended) {
    const auto error = half(3).error();

    EXPECT_EQ(Error(error).context("halving").message(),
              "halving: the number is odd; give an even one");
}

}  // namespace
}  // namespace pcg
