// SPDX-License-Identifier: Apache-2.0
#include "common/log/log.h"

#include "common/log/seldom.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <vector>

namespace pcg::log {
namespace {

static_assert(!std::is_constructible_v<Field, std::string_view, Secret>);

class CapturingSink final : public Sink {
  public:
    CapturingSink() : previous_(setSink(this)) {}

    ~CapturingSink() override { setSink(previous_); }

    void line(Level, std::string_view json) noexcept override { lines.emplace_back(json); }

    std::vector<std::string> lines;

  private:
    Sink* previous_;
};

TEST(Log, WritesOneJsonObjectPerEventWithTypedFields) {
    CapturingSink sink;

    Logger("link").info("link.connected", {{"server", "a\"b\n"}, {"attempt", 3}, {"fresh", true}});

    ASSERT_EQ(sink.lines.size(), 1U);
    EXPECT_NE(
        sink.lines[0].find(
            R"("level":"info","component":"link","event":"link.connected","server":"a\"b\u000a","attempt":3,"fresh":true})"),
        std::string::npos)
        << sink.lines[0];
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
    CapturingSink sink;

    Logger("link").debug("link.detail");

    EXPECT_TRUE(sink.lines.empty());
}

TEST(Log, BoundsTheLengthOfAField) {
    CapturingSink sink;

    Logger("http").warn("http.odd", {{"target", std::string(1'000'000, 'x')}});

    ASSERT_EQ(sink.lines.size(), 1U);
    EXPECT_LT(sink.lines[0].size(), 4096U);
}

TEST(SeldomLines, AFewAtOnceThenOneInSoLongWithWhatWasLeftOut) {
    Seldom seldom(2, std::chrono::seconds(10));
    const SteadyTime start{std::chrono::hours(1)};

    EXPECT_EQ(seldom.pass(start), 0U);
    EXPECT_EQ(seldom.pass(start), 0U);
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(seldom.pass(start + std::chrono::seconds(9)), std::nullopt);
    EXPECT_EQ(seldom.pass(start + std::chrono::seconds(10)), 100U);
    EXPECT_EQ(seldom.pass(start + std::chrono::seconds(19)), std::nullopt);
    EXPECT_EQ(seldom.pass(start + std::chrono::hours(1)), 1U);
    EXPECT_EQ(seldom.pass(start + std::chrono::hours(1)), 0U);
    EXPECT_EQ(seldom.pass(start + std::chrono::hours(1)), std::nullopt);
}

}  // namespace
}  // namespace pcg::log
