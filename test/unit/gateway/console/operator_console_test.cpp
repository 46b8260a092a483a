// SPDX-License-Identifier: Apache-2.0
#include "gateway/console/operator_console.h"

#include "gateway/errc.h"
#include "test/support/fake_clock.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;

class OperatorConsoleTest : public testing::Test {
  protected:
    OperatorConsoleTest() {
        auto opened = OperatorConsole::open(
            loop_, clock_, file_.string(), {"dc1", "", "0", "https://cp", "/s"});
        EXPECT_TRUE(opened) << opened.error().message();
        console_ = std::move(*opened);
        console_->onDecision([this](bool accept) { decisions_.push_back(accept); });
    }

    std::string screenText() { return test::readFile(file_); }

    PairingStatus question() {
        return {.state = PairingState::Confirm,
                .expires = clock_.now() + 120s,
                .sas = "123456",
                .tenantName = "acme",
                .tenantId = "tn_1"};
    }

    test::TempDir dir_;
    const std::filesystem::path file_ = dir_ / "console.txt";
    net::Loop loop_;
    test::FakeClock clock_;
    std::unique_ptr<OperatorConsole> console_;
    std::vector<bool> decisions_;
};

TEST_F(OperatorConsoleTest, PrintsAStateOnceHoweverOftenItIsShown) {
    console_->show({.state = PairingState::Contacting, .message = "refused"});
    const auto once = screenText();
    console_->show({.state = PairingState::Contacting, .message = "refused"});

    EXPECT_EQ(screenText(), once);
    console_->show({.state = PairingState::Contacting, .message = "timeout"});
    EXPECT_GT(screenText().size(), once.size());
}

TEST_F(OperatorConsoleTest, TakesOneAnswerToAQuestionAndNoneWithoutOne) {
    EXPECT_TRUE(console_->decide(true).error().is(errc::kNothingToConfirm));

    console_->show(question());
    EXPECT_TRUE(console_->decide(false));
    EXPECT_TRUE(console_->decide(true).error().is(errc::kNothingToConfirm));

    EXPECT_EQ(decisions_, std::vector<bool>{false});
}

TEST_F(OperatorConsoleTest, AsksANewTenantAnew) {
    console_->show(question());
    ASSERT_TRUE(console_->decide(false));
    auto next = question();
    next.tenantName = "other";
    next.sas = "654321";

    console_->show(next);

    EXPECT_TRUE(console_->decide(true));
    EXPECT_EQ(decisions_, (std::vector<bool>{false, true}));
}

TEST(ConsoleDevice, HandsOverTypedLines) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    net::Loop loop;
    std::vector<std::string> lines;
    const net::LineInput input(
        loop, ends[0], [&](std::string line) { lines.push_back(std::move(line)); });

    ASSERT_EQ(::write(ends[1], "y\r\nno\npart", 10), 10);
    ::close(ends[1]);
    loop.run();

    EXPECT_EQ(lines, (std::vector<std::string>{"y", "no"}));
}

TEST(ConsoleDevice, StopsReadingALineWithoutEnd) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    net::Loop loop;
    int lines = 0;
    const net::LineInput input(loop, ends[0], [&](const std::string&) { ++lines; });

    const std::string endless(5000, 'x');
    ASSERT_GT(::write(ends[1], endless.data(), endless.size()), 0);
    ASSERT_GT(::write(ends[1], "\ny\n", 3), 0);
    loop.run();
    ::close(ends[1]);

    EXPECT_EQ(lines, 0);
}

TEST(ConsoleDevice, SaysWhyAPathCannotBeUsed) {
    net::Loop loop;

    const auto device = ConsoleDevice::open(loop, "/nowhere/console", {});

    ASSERT_FALSE(device);
    EXPECT_NE(device.error().message().find("/nowhere/console"), std::string::npos);
}

}  // namespace
}  // namespace pcg::gateway
