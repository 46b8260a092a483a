// SPDX-License-Identifier: Apache-2.0
#include "common/net/self_connection.h"

#include "common/net/connect.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

namespace pcg::net {
namespace {

struct SelfConnection : testing::Test {
    Loop loop{1};
    TcpAcceptor acceptor{loop.get_executor(), {asio::ip::make_address("127.0.0.1"), 0}};
};

TEST_F(SelfConnection, KnowsItsOwnSocketAtTheOtherEnd) {
    TcpSocket mine(loop.get_executor());
    mine.connect(acceptor.local_endpoint());
    const TcpSocket accepted = acceptor.accept();
    EXPECT_TRUE(isConnectionFromThisProcess(accepted));
}

TEST_F(SelfConnection, RefusesAnotherProcess) {
    int hold[2];
    ASSERT_EQ(::pipe(hold), 0);
    const auto address = acceptor.local_endpoint();
    const pid_t child = ::fork();
    if (child == 0) {
        // Only async-signal-safe calls here: connect, then wait until the test is done with us.
        sockaddr_in in{};
        std::memcpy(&in, address.data(), sizeof in);
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        ::connect(fd, reinterpret_cast<const sockaddr*>(&in), sizeof in);
        ::close(hold[1]);
        char octet = 0;
        (void)!::read(hold[0], &octet, 1);
        ::_exit(0);
    }
    const TcpSocket accepted = acceptor.accept();
    EXPECT_FALSE(isConnectionFromThisProcess(accepted));
    ::close(hold[0]);
    ::close(hold[1]);
    ::waitpid(child, nullptr, 0);
}

TEST_F(SelfConnection, RefusesAnotherConnectionOfThisProcess) {
    TcpSocket first(loop.get_executor());
    first.connect(acceptor.local_endpoint());
    const TcpSocket accepted = acceptor.accept();
    first.close();  // whoever is there now is not a descriptor of ours any more
    EXPECT_FALSE(isConnectionFromThisProcess(accepted));
}

TEST_F(SelfConnection, RefusesASocketThatIsNotConnected) {
    const TcpSocket idle(loop.get_executor(), asio::ip::tcp::v4());
    EXPECT_FALSE(isConnectionFromThisProcess(idle));
}

}  // namespace
}  // namespace pcg::net
