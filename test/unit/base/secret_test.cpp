// SPDX-License-Identifier: Apache-2.0
#include "common/base/secret.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace pcg {
namespace {

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
static_assert(!Comparable<Secret>);

TEST(Secret, TakingTextWipesTheCallersCopy) {
    std::string text(64, 'p');
    const char* storage = text.data();

    const Secret secret = Secret::takeText(text);

    EXPECT_EQ(secret.revealText(), std::string(64, 'p'));
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(storage[0], '\0');
}

TEST(Secret, MovedFromHoldsNothing) {
    Secret first = Secret::fromText("hunter2");

    const Secret second = std::move(first);

    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
    EXPECT_EQ(second.revealText(), "hunter2");
}

TEST(Secret, ConstantTimeEqualAgreesWithEquality) {
    EXPECT_TRUE(constantTimeEqual(asBytes("abc"), asBytes("abc")));
    EXPECT_FALSE(constantTimeEqual(asBytes("abc"), asBytes("abd")));
    EXPECT_FALSE(constantTimeEqual(asBytes("abc"), asBytes("ab")));
    EXPECT_TRUE(constantTimeEqual({}, {}));
}

}  // namespace
}  // namespace pcg
