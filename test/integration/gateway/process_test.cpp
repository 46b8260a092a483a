// SPDX-License-Identifier: Apache-2.0
#include "common/base/assert.h"
#include "test/support/sanitized.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway_process.h"

namespace pcg::test {
namespace {

class GatewayDaemon : public GatewayProcess {
  protected:
    GatewayDaemon() { configure(); }

    std::string proc(const std::string& file) const {
        return readFile("/proc/" + std::to_string(daemon_->pid()) + "/" + file);
    }

    // The number after `name` in a file of /proc, in its own unit.
    long procNumber(const std::string& file, const std::string& name) const {
        const auto text = proc(file);
        return std::stol(text.substr(text.find(name) + name.size()));
    }

    mode_t modeOf(const std::string& path) const {
        struct stat status{};
        EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
        return status.st_mode & 0777;
    }
};

TEST_F(GatewayDaemon, SaysWhatIsWrongWithoutAControlPlaneAndStaysUp) {
    start();

    daemon_->expect("127.0.0.1:1 refused the connection");

    EXPECT_NE(daemon_->out().find("Contacting the control plane"), std::string::npos);
    EXPECT_EQ(daemon_->out().find("Pairing code:"), std::string::npos)
        << "no code without an offer";
    EXPECT_EQ(ctlJson({"pairing", "show"}).string("state", 99).value(), "contacting");
    const auto status = ctl({"status"});
    EXPECT_NE(status.out.find("critical: The control plane does not answer"), std::string::npos)
        << status.out;
}

TEST_F(GatewayDaemon, StopsOnSigtermWithinItsBoundAndLeavesNoSocketThatAnswers) {
    start();

    daemon_->signal(SIGTERM);

    EXPECT_EQ(daemon_->wait(), 0) << daemon_->err();
    EXPECT_NE(daemon_->err().find("gateway.stopped"), std::string::npos);
    const auto status = ctl({"status"});
    EXPECT_EQ(status.code, 1);
    EXPECT_NE(status.err.find("Is pcg-gatewayd running"), std::string::npos) << status.err;
}

TEST_F(GatewayDaemon, KeepsItsIdentityAndAnswersAgainAfterARestart) {
    start();
    const auto before = ctlJson({"status"}).string("gateway_id", 99).value();
    daemon_->signal(SIGTERM);
    daemon_->wait();

    start();

    EXPECT_TRUE(before.starts_with("gw_"));
    EXPECT_EQ(ctlJson({"status"}).string("gateway_id", 99).value(), before);
}

TEST_F(GatewayDaemon, OpensItsSocketAndFilesToTheOwnerOnly) {
    start();

    EXPECT_EQ(modeOf(state()), 0700U);
    for (const auto& entry : std::filesystem::directory_iterator(state())) {
        EXPECT_EQ(modeOf(entry.path()), entry.is_directory() ? 0700U : 0600U) << entry.path();
    }
    EXPECT_EQ(modeOf(state() + "/control.sock"), 0600U);
}

TEST_F(GatewayDaemon, OpensASocketElsewhereToTheGroupOfItsFolderAndNoFile) {
    const auto place = (dir_ / "run").string();
    std::filesystem::create_directory(place);
    ASSERT_EQ(::chmod(place.c_str(), 02750), 0);
    configure(R"(,"control_socket":")" + place + "/control.sock\"");
    start();

    EXPECT_EQ(modeOf(place + "/control.sock"), 0660U);
    EXPECT_FALSE(std::filesystem::exists(state() + "/control.sock"));
    EXPECT_EQ(modeOf(state()), 0700U);
    EXPECT_EQ(run({program("pcgctl"), "--socket", place + "/control.sock", "status"}).code, 0);
}

// What systemd is at the other end of NOTIFY_SOCKET.
class Notified {
  public:
    explicit Notified(const std::string& path)
        : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::ranges::copy(path, at.sun_path);
        PCG_ASSERT(descriptor_ >= 0);
        EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    }

    ~Notified() { ::close(descriptor_); }

    Notified(const Notified&) = delete;
    Notified& operator=(const Notified&) = delete;

    // The next word, or nothing within the time.
    std::string next(std::chrono::milliseconds most) const {
        pollfd waiting{descriptor_, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(most.count())) <= 0) return {};
        std::array<char, 256> word{};
        const auto got = ::recv(descriptor_, word.data(), word.size(), 0);
        return {word.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
    }

    bool hears(std::string_view word) const {
        for (std::string said = next(std::chrono::seconds(30)); !said.empty();
             said = next(std::chrono::seconds(30)))
            if (said == word) return true;
        return false;
    }

  private:
    int descriptor_;
};

TEST_F(GatewayDaemon, TellsItsServiceManagerThatItIsReadyAndAliveAndHangsSilently) {
    const auto path = (dir_ / "notify").string();
    const Notified notified(path);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "300000", 1);
    start();
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");

    EXPECT_TRUE(notified.hears("READY=1"));
    EXPECT_TRUE(notified.hears("WATCHDOG=1"));
    EXPECT_TRUE(notified.hears("WATCHDOG=1")) << "again and again";

    daemon_->signal(SIGSTOP);
    while (!notified.next(std::chrono::seconds(1)).empty()) {
    }
    daemon_->signal(SIGCONT);
    EXPECT_TRUE(notified.hears("WATCHDOG=1"));
    daemon_->signal(SIGTERM);
    EXPECT_TRUE(notified.hears("STOPPING=1"));
    EXPECT_EQ(daemon_->wait(), 0);
}

TEST_F(GatewayDaemon, LetsNoSecondProcessUseItsState) {
    start();

    const auto second = run(daemonCommand());

    EXPECT_EQ(second.code, 1);
    EXPECT_NE(second.err.find("is used by process " + std::to_string(daemon_->pid())),
              std::string::npos)
        << second.err;
    EXPECT_EQ(ctl({"status"}).code, 0) << "the first one is not disturbed";
}

TEST_F(GatewayDaemon, HoldsLessThan40MebibytesWhenIdleAndDumpsNoCore) {
    start();

    if (!kSanitized) {
        EXPECT_LT(procNumber("status", "VmRSS:"), 40 * 1024) << "KiB";
    }
    EXPECT_EQ(procNumber("limits", "Max core file size"), 0);
}

TEST_F(GatewayDaemon, NamesTheFieldOfBadInputAndKeepsNothingOfIt) {
    start();
    const auto add = [&](const std::string& url, const std::string& pin) {
        return ctl({"endpoint",
                    "add",
                    "vc1",
                    "--url",
                    url,
                    "--username",
                    "u",
                    "--password-file",
                    "-",
                    "--pin-sha256",
                    pin},
                   "pw\n");
    };

    const auto badUrl = add("http://vc1", std::string(64, 'a'));
    const auto shortPin = add("https://vc1", "abcd");
    const auto badRole = ctl({"key", "create", "--endpoint", "vc1", "--role", "inventry"});

    EXPECT_EQ(badUrl.code, 2);
    EXPECT_NE(badUrl.err.find("url: begins with http://"), std::string::npos) << badUrl.err;
    EXPECT_EQ(shortPin.code, 2);
    EXPECT_NE(shortPin.err.find("pin_sha256: must be the 64 hex digits"), std::string::npos)
        << shortPin.err;
    EXPECT_EQ(badRole.code, 2);
    EXPECT_NE(badRole.err.find("Did you mean \"inventory\"?"), std::string::npos) << badRole.err;
    EXPECT_NE(ctl({"endpoint", "list"}).out.find("No endpoints"), std::string::npos);
}

TEST_F(GatewayDaemon, RegistersAnEndpointThatDoesNotAnswerAndSaysWhy) {
    start();

    const auto added = addEndpoint("vc1");
    const auto again = addEndpoint("VC1");
    const auto checked = ctl({"endpoint", "check", "vcl"});

    EXPECT_EQ(added.code, 0) << added.err;
    EXPECT_NE(added.out.find("unreachable"), std::string::npos) << added.out;
    EXPECT_NE(added.out.find("refused"), std::string::npos) << added.out;
    EXPECT_EQ(again.code, 1);
    EXPECT_NE(again.err.find("name: there is an endpoint"), std::string::npos) << again.err;
    EXPECT_EQ(checked.code, 1);
    EXPECT_NE(checked.err.find("Did you mean \"vc1\"?"), std::string::npos) << checked.err;
}

TEST_F(GatewayDaemon, ShowsTheSecretOfAnAccessKeyOnceAndLogsNone) {
    start();
    ASSERT_EQ(addEndpoint("vc1").code, 0);

    const auto key = ctlJson({"key", "create", "--endpoint", "vc1", "--role", "deploy"});
    const auto password = key.string("password", 99).value();
    const auto username = key.string("username", 99).value();

    EXPECT_TRUE(username.starts_with("ak_"));
    EXPECT_EQ(ctl({"key", "list"}).out.find(password), std::string::npos);
    EXPECT_EQ(ctl({"audit"}).out.find(password), std::string::npos);
    EXPECT_EQ(ctl({"key", "revoke", username}).code, 0);
    EXPECT_NE(ctl({"key", "list"}).out.find("revoked"), std::string::npos);
    daemon_->signal(SIGTERM);
    daemon_->wait();
    for (const auto& secret : {password, std::string("swordfish")}) {
        EXPECT_EQ(daemon_->err().find(secret), std::string::npos);
        EXPECT_EQ(daemon_->out().find(secret), std::string::npos);
    }
}

TEST_F(GatewayDaemon, AnswersWhatIsNotAboutTheApiWithAProblem) {
    start();

    EXPECT_EQ(ctl({"pairing", "accept"}).code, 1);
    EXPECT_NE(ctl({"pairing", "accept"}).err.find("No tenant asks"), std::string::npos);
    EXPECT_EQ(ctl({"key", "revoke", "ak_nonsense"}).code, 2);
}

}  // namespace
}  // namespace pcg::test
