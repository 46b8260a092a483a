// SPDX-License-Identifier: Apache-2.0
// What is slow, idle, gone or too much, and how a server begins and ends.
#include "test/support/temp_dir.h"
#include "test/unit/http/server_site.h"

#include <sys/stat.h>

namespace pcg::http {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_F(HttpServer, RefusesAHeadThatNeverEnds) {
    listen();
    auto client = connect();

    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(70'000, 'a'));

    EXPECT_TRUE(client.readAll().starts_with("HTTP/1.1 431"));
}

TEST_F(HttpServer, EndsASlowLoris) {
    ServerLimits limits;
    limits.head = 150ms;
    listen(limits);
    auto client = connect();

    client.send("GET / HTTP/1.1\r\n");

    EXPECT_TRUE(client.readAll().starts_with("HTTP/1.1 408"));
    EXPECT_EQ(client.end(), RawSocket::End::Closed);
    EXPECT_TRUE(site_.seen().empty());
}

TEST_F(HttpServer, EndsASlowLorisThatKeepsDripping) {
    ServerLimits limits;
    limits.head = 200ms;
    listen(limits);
    auto client = connect();
    const auto since = std::chrono::steady_clock::now();

    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
    while (client.dripUntilReadable(10ms)) {
    }

    EXPECT_TRUE(client.readAll().starts_with("HTTP/1.1 408"));
    EXPECT_EQ(client.end(), RawSocket::End::Closed);
    // However often an octet comes, the bound is that of the whole head.
    EXPECT_LT(std::chrono::steady_clock::now() - since, 5s);
    EXPECT_TRUE(site_.seen().empty());
}

TEST_F(HttpServer, EndsABodyThatDoesNotCome) {
    ServerLimits limits;
    limits.body = 150ms;
    listen(limits);
    auto client = connect();

    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe");
    client.readAll();

    EXPECT_NE(client.end(), RawSocket::End::Open);
}

TEST_F(HttpServer, ClosesAnIdleConnection) {
    ServerLimits limits;
    limits.idle = 100ms;
    listen(limits);
    auto client = connect();

    client.send(kGet);
    client.readAll();

    EXPECT_NE(client.end(), RawSocket::End::Open);
}

TEST_F(HttpServer, LetsConnectionsBeyondTheBoundWaitForTheirTurn) {
    ServerLimits limits;
    limits.maxConnections = 1;
    listen(limits);
    auto first = connect();
    first.send(kGet);
    first.readUntil("/a");
    auto second = connect();
    second.send(kGet);
    EXPECT_EQ(loop_.call([&] { return server_->connectionCount(); }), 1u);

    first.close();

    EXPECT_TRUE(second.readUntil("/a").ends_with("/a"));
}

TEST_F(HttpServer, ClosesWhatOneSourceOpensBeyondItsBound) {
    ServerLimits limits;
    limits.maxConnectionsPerSource = 2;
    listen(limits);
    auto first = connect();
    first.send(kGet);
    first.readUntil("/a");
    auto second = connect();
    second.send(kGet);
    second.readUntil("/a");

    auto third = connect();
    third.readAll();
    EXPECT_NE(third.end(), RawSocket::End::Open);

    second.close();
    // The server learns of it in its own time.
    while (loop_.call([&] { return server_->connectionCount(); }) > 1) {
    }
    auto fourth = connect();
    fourth.send(kGet);
    EXPECT_TRUE(fourth.readUntil("/a").ends_with("/a"));
}

TEST_F(HttpServer, TellsAWaitingHandlerThatItsClientWentAway) {
    listen();
    auto client = connect();
    client.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    site_.waiting().get_future().wait();

    client.close();

    EXPECT_EQ(site_.gone().get_future().wait_for(2s), std::future_status::ready);
}

TEST_F(HttpServer, SaysThatThePortIsTaken) {
    listen();

    const auto second = loop_.call([&] {
        return Server::listenTcp(loop_.loop(), "127.0.0.1", server_->port(), site_.handler(), {});
    });

    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().is(kPortInUse));
    EXPECT_NE(second.error().message().find(std::to_string(server_->port())), std::string::npos);
}

TEST_F(HttpServer, LetsRunningExchangesEndWhenItStops) {
    listen();
    auto idle = connect();
    idle.send(kGet);
    idle.readUntil("/a");
    auto busy = connect();
    busy.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    site_.waiting().get_future().wait();

    auto stopped = loop_.start(server_->stop(5s));
    idle.readAll();
    EXPECT_EQ(idle.end(), RawSocket::End::Closed);
    EXPECT_EQ(stopped.wait_for(0ms), std::future_status::timeout);
    loop_.call([&] { site_.release(); });

    EXPECT_TRUE(busy.readAll().ends_with("waited"));
    stopped.get();
    EXPECT_THROW(connect(), std::runtime_error);
}

TEST_F(HttpServer, ResetsWhatDoesNotEndWithinTheDrain) {
    listen();
    auto busy = connect();
    busy.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    site_.waiting().get_future().wait();

    loop_.await(server_->stop(50ms));

    busy.readAll();
    EXPECT_NE(busy.end(), RawSocket::End::Open);
}

TEST_F(HttpServer, ListensOnAUnixSocketOfItsOwnerOnly) {
    const pcg::test::TempDir directory;
    const auto path = (directory / "control.sock").string();
    auto server =
        loop_.call([&] { return Server::listenUnix(loop_.loop(), path, site_.handler(), {}); });
    ASSERT_TRUE(server) << server.error().message();

    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    const auto second =
        loop_.call([&] { return Server::listenUnix(loop_.loop(), path, site_.handler(), {}); });
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().is(kPortInUse));

    loop_.await((*server)->stop(0ms));
    EXPECT_NE(::stat(path.c_str(), &status), 0);
    loop_.call([&] { server->reset(); });
}

}  // namespace
}  // namespace pcg::http
