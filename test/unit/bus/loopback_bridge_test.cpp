// SPDX-License-Identifier: Apache-2.0
#include "common/bus/loopback_bridge.h"

#include "test/support/log_capture.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

namespace pcg::bus {
namespace {

using std::chrono::milliseconds;

net::Task<void> acceptInto(std::shared_ptr<LoopbackBridge> bridge,
                           milliseconds limit,
                           std::optional<Result<>>& out) {
    out.emplace(co_await bridge->accept(limit));
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

struct LoopbackBridgeTest : testing::Test {
    void run() {
        loop.restart();
        while (!accepted && loop.run_one_for(std::chrono::seconds(10)) > 0) {
        }
    }

    net::Loop loop{1};
    std::optional<Result<>> accepted;
};

TEST_F(LoopbackBridgeTest, ShutsOutAForeignProcessAndStillTakesItsOwn) {
    test::LogCapture log;
    const auto bridge = *LoopbackBridge::create(loop.get_executor());
    const sockaddr_in address = loopback(bridge->port());
    const pid_t child = ::fork();
    if (child == 0) {
        // Only async-signal-safe calls: connect, and wait for the end that must come.
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        char octet = 0;
        ::_exit(::read(fd, &octet, 1) == 0 ? 0 : 1);
    }
    net::asio::co_spawn(
        loop, acceptInto(bridge, std::chrono::seconds(10), accepted), net::asio::detached);
    loop.restart();
    while (log.count("bus.loopback_intruder") == 0 &&
           loop.run_one_for(std::chrono::seconds(10)) > 0) {
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);  // it was closed without a byte
    EXPECT_FALSE(accepted);

    net::TcpSocket mine(loop.get_executor());
    mine.connect({net::asio::ip::make_address("127.0.0.1"), bridge->port()});
    run();
    ASSERT_TRUE(accepted);
    EXPECT_TRUE(*accepted);
    bridge->close();
}

TEST_F(LoopbackBridgeTest, ClosesThePortOnceItsOwnConnectionIsThere) {
    const auto bridge = *LoopbackBridge::create(loop.get_executor());
    net::asio::co_spawn(
        loop, acceptInto(bridge, std::chrono::seconds(10), accepted), net::asio::detached);
    net::TcpSocket mine(loop.get_executor());
    mine.connect({net::asio::ip::make_address("127.0.0.1"), bridge->port()});
    run();
    net::TcpSocket late(loop.get_executor());
    boost::system::error_code error;
    late.connect({net::asio::ip::make_address("127.0.0.1"), bridge->port()}, error);
    EXPECT_EQ(error, net::asio::error::connection_refused);
    bridge->close();
}

TEST_F(LoopbackBridgeTest, GivesUpWhenNobodyComes) {
    const auto bridge = *LoopbackBridge::create(loop.get_executor());
    net::asio::co_spawn(loop, acceptInto(bridge, milliseconds(20), accepted), net::asio::detached);
    run();
    ASSERT_TRUE(accepted);
    EXPECT_FALSE(*accepted);
}

}  // namespace
}  // namespace pcg::bus
