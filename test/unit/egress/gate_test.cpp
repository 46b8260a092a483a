// SPDX-License-Identifier: Apache-2.0
// Gate and route together, with real sockets; then each against a peer that misbehaves.
#include "gateway/egress/gate.h"

#include "common/net/errc.h"
#include "gateway/egress/errc.h"
#include "gateway/egress/gated_route.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <thread>

#include <sys/socket.h>
#include <sys/stat.h>

namespace pcg::egress {
namespace {

namespace asio = net::asio;
using namespace std::chrono_literals;
using Connected = Result<net::TcpSocket>;

net::Task<void> connectInto(net::Route& route,
                            net::Target target,
                            std::chrono::milliseconds limit,
                            std::optional<Connected>& out) {
    out.emplace(co_await route.connect(std::move(target), limit));
}

class NotedOpening final : public Opening {
  public:
    explicit NotedOpening(bool holds) : holds_(holds) {}

    Result<> open(const asio::ip::address& address, std::uint16_t port) override {
        opened.push_back(address.to_string() + " " + std::to_string(port));
        if (holds_) return {};
        return fail(kUnavailable, "the firewall is not there");
    }

    std::vector<std::string> opened;

  private:
    bool holds_;
};

class GateTest : public ::testing::Test {
  protected:
    void open(std::string_view hosts, std::string_view networks, std::size_t mostAtOnce = 8) {
        Gate::Options options{.socket = path_,
                              .rules = *EgressRules::parse(hosts, networks),
                              .opening = opening_,
                              .mostAtOnce = mostAtOnce};
        auto gate = Gate::open(loop_, std::move(options));
        ASSERT_TRUE(gate) << gate.error().message();
        gate_.emplace(std::move(*gate));
    }

    Connected connect(net::Target target, std::chrono::milliseconds limit = 5s) {
        std::optional<Connected> out;
        asio::co_spawn(loop_, connectInto(route_, std::move(target), limit, out), asio::detached);
        while (!out) loop_.run_one();
        return std::move(*out);
    }

    std::uint16_t port() { return acceptor_->local_endpoint().port(); }

    // What somebody hears who says this to the gate, up to the end.
    std::string say(const std::string& text) {
        net::UnixSocket socket(loop_);
        socket.connect(asio::local::stream_protocol::endpoint(path_.string()));
        asio::write(socket, asio::buffer(text));
        socket.shutdown(net::UnixSocket::shutdown_send);
        std::string heard;
        bool ended = false;
        asio::async_read(socket, asio::dynamic_buffer(heard), [&ended](const auto&, std::size_t) {
            ended = true;
        });
        while (!ended) loop_.run_one();
        return heard;
    }

    net::Loop loop_{1};
    test::TempDir folder_;
    std::filesystem::path path_ = folder_ / "egress.sock";
    Result<net::TcpAcceptor> acceptor_ = net::listenTcp(loop_.get_executor(), {"127.0.0.1", 0});
    std::shared_ptr<Opening> opening_;
    std::optional<Gate> gate_;
    GatedRoute route_{path_};
};

TEST_F(GateTest, HandsOverAConnectionThatCarriesOctetsBothWays) {
    open("", "127.0.0.0/8");
    for (const auto* host : {"127.0.0.1", "localhost"}) {
        auto made = connect({host, port()});
        ASSERT_TRUE(made) << made.error().message();
        auto far = acceptor_->accept();
        asio::write(*made, asio::buffer("there", 5));
        std::array<char, 5> heard{};
        asio::read(far, asio::buffer(heard));
        EXPECT_EQ(std::string_view(heard.data(), 5), "there");
        asio::write(far, asio::buffer("again", 5));
        asio::read(*made, asio::buffer(heard));
        EXPECT_EQ(std::string_view(heard.data(), 5), "again");
        asio::ip::tcp::no_delay option;
        made->get_option(option);
        EXPECT_TRUE(option.value());
    }
}

TEST_F(GateTest, AConnectionOutlivesTheGate) {
    open("", "127.0.0.0/8");
    auto made = connect({"localhost", port()});
    ASSERT_TRUE(made) << made.error().message();
    gate_.reset();
    loop_.poll();
    auto far = acceptor_->accept();
    asio::write(far, asio::buffer("x", 1));
    std::array<char, 1> heard{};
    EXPECT_EQ(asio::read(*made, asio::buffer(heard)), 1U);
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(GateTest, WhatNoRuleAllowsIsRefusedWithWhatWouldDo) {
    open("pair.example.com:443", "192.0.2.0/24");
    for (const auto* host : {"127.0.0.1", "localhost"}) {
        const auto refused = connect({host, port()});
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().is(kDenied));
        EXPECT_NE(refused.error().message().find("`networks`"), std::string::npos);
        EXPECT_NE(refused.error().message().find("`bus`"), std::string::npos);
    }
}

TEST_F(GateTest, ANameThatLeadsOutsideTheNetworksIsRefusedWithoutItsAddress) {
    open("", "192.0.2.0/24");
    const auto refused = connect({"localhost", port()});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message().find("127."), std::string::npos);
}

TEST_F(GateTest, ANameThatLeadsToThisMachineIsRefused) {
    open("localhost:" + std::to_string(port()), "0.0.0.0/0,::/0");
    EXPECT_TRUE(connect({"localhost", port()}).error().is(kDenied));
    EXPECT_TRUE(connect({"127.0.0.1", port()}).error().is(kDenied));
}

TEST_F(GateTest, WhatIsNeverReachedIsNotToBeConfigured) {
    open("", "0.0.0.0/0");
    const auto refused = connect({"169.254.169.254", 80});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kDenied));
    EXPECT_EQ(refused.error().message().find("`networks`"), std::string::npos);
}

// A resolver takes 0xc0000201 for 192.0.2.1 (RFC 5737): nobody is there, and no DNS is asked.
TEST_F(GateTest, OpensTheFirewallForAnAddressOfANameBeforeItConnects) {
    const auto noted = std::make_shared<NotedOpening>(true);
    opening_ = noted;
    open("0xc0000201:443", "127.0.0.0/8");
    EXPECT_FALSE(connect({"0xc0000201", 443}, 200ms));
    EXPECT_EQ(noted->opened, std::vector<std::string>{"192.0.2.1 443"});
    EXPECT_TRUE(connect({"127.0.0.1", port()}));
    EXPECT_EQ(noted->opened.size(), 1U) << "a network is open already";
}

TEST_F(GateTest, DoesNotConnectWhereTheFirewallCannotBeOpened) {
    opening_ = std::make_shared<NotedOpening>(false);
    open("0xc0000201:443", "");
    const auto refused = connect({"0xc0000201", 443});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kUnavailable));
    EXPECT_NE(refused.error().message().find("the firewall is not there"), std::string::npos);
}

TEST_F(GateTest, BringsTheReasonWhyNobodyIsThere) {
    open("nowhere.invalid:443", "127.0.0.0/8");
    const auto closed = port();
    acceptor_->close();
    EXPECT_TRUE(connect({"127.0.0.1", closed}).error().is(net::kRefused));
    EXPECT_TRUE(connect({"nowhere.invalid", 443}).error().is(net::kDnsFailed));
}

TEST_F(GateTest, WithoutAGateItIsWeather) {
    const auto refused = connect({"127.0.0.1", port()});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kUnavailable));
    EXPECT_FALSE(refused.error().isInput());
}

TEST_F(GateTest, TheSecondGateOnASocketIsRefusedAndASocketLeftBehindIsNot) {
    open("", "127.0.0.0/8");
    auto second = Gate::open(loop_, {.socket = path_, .rules = *EgressRules::parse("", "")});
    ASSERT_FALSE(second);
    gate_.reset();
    {
        net::UnixAcceptor left(loop_, asio::local::stream_protocol::endpoint(path_.string()));
    }
    ASSERT_TRUE(std::filesystem::exists(path_));
    open("", "127.0.0.0/8");
    EXPECT_TRUE(connect({"127.0.0.1", port()}));
}

TEST_F(GateTest, ItsSocketIsForItsGroupAndNobodyElse) {
    open("", "");
    struct stat about{};
    ASSERT_EQ(::stat(path_.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0660U);
}

TEST_F(GateTest, WhoeverSaysNothingSensibleIsToldSoOrLeft) {
    open("", "127.0.0.0/8");
    EXPECT_NE(say("{\"host\":1}\n").find("egress.bad_request"), std::string::npos);
    EXPECT_NE(say("GET / HTTP/1.1\r\n\r\n").find("egress.bad_request"), std::string::npos);
    EXPECT_EQ(say("{\"host\":\"127.0.0.1\""), "");
    EXPECT_EQ(say(std::string(1024, 'x')), "");
    EXPECT_TRUE(connect({"127.0.0.1", port()}));
}

TEST_F(GateTest, MoreThanSoManyAtOnceAreSentAway) {
    open("", "127.0.0.0/8", 2);
    std::vector<net::UnixSocket> silent;
    for (int i = 0; i < 2; ++i)
        silent.emplace_back(loop_).connect(asio::local::stream_protocol::endpoint(path_.string()));
    const auto refused = connect({"127.0.0.1", port()});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kUnavailable));
    silent.clear();
    // The gate sees the ends before it accepts anything new: they were there first.
    while (!connect({"127.0.0.1", port()})) {
    }
}

// A gate of the test's own, which gives one answer.
class FalseGate {
  public:
    FalseGate(const std::filesystem::path& path, std::string answer, std::vector<int> handed)
        : acceptor_(loop_, asio::local::stream_protocol::endpoint(path.string())),
          thread_([this, answer = std::move(answer), handed = std::move(handed)] {
              serve(answer, handed);
          }) {}

    ~FalseGate() { thread_.join(); }

  private:
    void serve(const std::string& answer, const std::vector<int>& handed) {
        net::UnixSocket socket(loop_);
        acceptor_.accept(socket);
        std::array<char, 1024> question{};
        socket.read_some(asio::buffer(question));
        iovec part{const_cast<char*>(answer.data()), answer.size()};
        std::vector<char> room(CMSG_SPACE(handed.size() * sizeof(int)));
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (!handed.empty()) {
            message.msg_control = room.data();
            message.msg_controllen = room.size();
            auto* head = CMSG_FIRSTHDR(&message);
            head->cmsg_level = SOL_SOCKET;
            head->cmsg_type = SCM_RIGHTS;
            head->cmsg_len = CMSG_LEN(handed.size() * sizeof(int));
            std::memcpy(CMSG_DATA(head), handed.data(), handed.size() * sizeof(int));
        }
        ::sendmsg(socket.native_handle(), &message, MSG_NOSIGNAL);
    }

    net::Loop loop_{1};
    net::UnixAcceptor acceptor_;
    std::thread thread_;
};

TEST_F(GateTest, AnAnswerWithoutASocketIsNone) {
    const FalseGate gate(path_, "{\"connected\":true}\n", {});
    EXPECT_TRUE(connect({"127.0.0.1", port()}).error().is(kUnavailable));
}

TEST_F(GateTest, AnAnswerWithAnotherKindOfSocketIsNone) {
    net::UnixSocket other(loop_, asio::local::stream_protocol());
    const FalseGate gate(path_, "{\"connected\":true}\n", {other.native_handle()});
    EXPECT_TRUE(connect({"127.0.0.1", port()}).error().is(kUnavailable));
}

std::size_t openDescriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

TEST_F(GateTest, MoreSocketsThanWereAskedForAreClosed) {
    net::UnixSocket other(loop_, asio::local::stream_protocol());
    const auto before = openDescriptors();
    for (int i = 0; i < 3; ++i) {
        const FalseGate gate(
            path_, "{\"connected\":true}\n", {other.native_handle(), other.native_handle()});
        EXPECT_TRUE(connect({"127.0.0.1", port()}).error().is(kUnavailable));
        std::filesystem::remove(path_);
    }
    loop_.restart();
    loop_.poll();
    EXPECT_EQ(openDescriptors(), before);
}

TEST_F(GateTest, AnAnswerThatEndsBeforeItsLineIsNone) {
    const FalseGate gate(path_, "{\"connected\":tr", {});
    EXPECT_TRUE(connect({"127.0.0.1", port()}).error().is(kUnavailable));
}

TEST_F(GateTest, AGateThatSaysNothingIsLeftWhenTheTimeIsOver) {
    net::UnixAcceptor silent(loop_, asio::local::stream_protocol::endpoint(path_.string()));
    EXPECT_TRUE(connect({"127.0.0.1", port()}, 100ms).error().is(net::kTimeout));
}

}  // namespace
}  // namespace pcg::egress
