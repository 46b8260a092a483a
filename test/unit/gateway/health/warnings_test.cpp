// SPDX-License-Identifier: Apache-2.0
#include "gateway/health/warnings.h"

#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

#include <set>

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;

TEST(WarningTable, HasATextWithANextStepForEveryCodeOnce) {
    std::set<std::string_view> names;
    for (const auto& text : warningTable()) {
        EXPECT_TRUE(names.insert(text.name).second) << text.name;
        EXPECT_FALSE(text.title.empty());
        EXPECT_TRUE(text.nextStep.ends_with('.')) << text.name;
        EXPECT_EQ(&textOf(text.code), &text);
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(WarningCode::StateDegraded) + 1);
}

TEST(Warnings, StayUntilClearedAndKeepTheTimeOfTheFirst) {
    test::FakeClock clock;
    Warnings warnings(clock);
    const auto first = clock.wallNow();

    warnings.raise(WarningCode::EndpointUnreachable, "vc1", "refused");
    clock.advance(1min);
    warnings.raise(WarningCode::EndpointUnreachable, "vc1", "timeout");
    warnings.raise(WarningCode::LinkDown, "", "down");

    ASSERT_EQ(warnings.active().size(), 2U);
    EXPECT_EQ(warnings.active()[0].code, WarningCode::LinkDown) << "the gravest comes first";
    EXPECT_EQ(warnings.active()[1].detail, "timeout");
    EXPECT_EQ(warnings.active()[1].since, first);

    warnings.clear(WarningCode::LinkDown);
    warnings.clearSubject("vc1");
    EXPECT_TRUE(warnings.active().empty());
}

}  // namespace
}  // namespace pcg::gateway
