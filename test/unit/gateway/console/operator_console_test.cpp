// SPDX-License-Identifier: Apache-2.0
#include "gateway/console/operator_console.h"

#include "gateway/errc.h"
#include "test/support/fake_clock.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <cstdlib>

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
        console_->onDecision([this](bool accept, std::optional<RemoteAccess> remote) {
            decisions_.push_back(accept);
            rights_.push_back(remote ? std::string(remoteWord(*remote)) : "as configured");
        });
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
    std::vector<std::string> rights_;
};

// A person at the console: a terminal whose other end the test types on.
class TypedConsoleTest : public OperatorConsoleTest {
  protected:
    TypedConsoleTest() : terminal_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
        EXPECT_EQ(::grantpt(terminal_) | ::unlockpt(terminal_), 0);
        auto opened = OperatorConsole::open(
            loop_, clock_, ::ptsname(terminal_), {"dc1", "", "0", "https://cp", "/s"});
        EXPECT_TRUE(opened) << opened.error().message();
        console_ = std::move(*opened);
        console_->onDecision([this](bool accept, std::optional<RemoteAccess> remote) {
            decisions_.push_back(accept);
            rights_.push_back(remote ? std::string(remoteWord(*remote)) : "as configured");
        });
    }

    ~TypedConsoleTest() override {
        console_.reset();
        ::close(terminal_);
    }

    // What the terminal shows once `wanted` is on it.
    std::string type(const std::string& line, const std::string& wanted = {}) {
        const auto text = line + "\n";
        EXPECT_EQ(::write(terminal_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        std::string seen;
        for (int turn = 0; turn < 200; ++turn) {
            loop_.restart();
            loop_.run_one_for(10ms);
            char buffer[4096];
            const auto got = ::read(terminal_, buffer, sizeof buffer);
            if (got > 0) seen.append(buffer, static_cast<std::size_t>(got));
            if (!wanted.empty() && seen.find(wanted) != std::string::npos) return seen;
            if (wanted.empty() && !decisions_.empty()) return seen;
        }
        ADD_FAILURE() << "nothing came of \"" << line << "\": " << seen;
        return seen;
    }

    int terminal_;
};

TEST_F(TypedConsoleTest, AYesIsFollowedByTheQuestionWhatTheTenantMayDo) {
    console_->show(question());

    const auto asked = type("y", "Enter alone means nothing");
    EXPECT_NE(asked.find("acme"), std::string::npos);
    EXPECT_TRUE(decisions_.empty());
    type("everything", "nothing, endpoints, keys or all");
    EXPECT_TRUE(decisions_.empty());
    type("Keys");

    EXPECT_EQ(decisions_, std::vector<bool>{true});
    EXPECT_EQ(rights_, std::vector<std::string>{"keys"});
}

TEST_F(TypedConsoleTest, EnterAloneLeavesTheRightsAsConfigured) {
    console_->show(question());
    type("y", "Enter alone");
    type("");

    EXPECT_EQ(decisions_, std::vector<bool>{true});
    EXPECT_EQ(rights_, std::vector<std::string>{"as configured"});
}

TEST_F(TypedConsoleTest, AYesToATenantThatIsGoneIsNoYesToTheNextOne) {
    console_->show(question());
    type("y", "Enter alone");
    auto next = question();
    next.tenantName = "other";
    console_->show(next);

    type("all", "Type y or n");
    EXPECT_TRUE(decisions_.empty());
    type("n");
    EXPECT_EQ(decisions_, std::vector<bool>{false});
}

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
