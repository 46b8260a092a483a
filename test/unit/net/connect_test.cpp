// SPDX-License-Identifier: Apache-2.0
#include "common/net/connect.h"

#include "common/net/errc.h"

#include <gtest/gtest.h>

namespace pcg::net {
namespace {

using std::chrono::milliseconds;

Task<void> connectInto(Target target, milliseconds limit, std::optional<Result<TcpSocket>>& out) {
    out.emplace(co_await connectTcp(target, limit));
}

Result<TcpSocket> connectNow(const Target& target, milliseconds limit) {
    Loop loop(1);
    std::optional<Result<TcpSocket>> out;
    asio::co_spawn(loop, connectInto(target, limit, out), asio::detached);
    while (!out) loop.run_one();
    if (!*out) return fail(out->error());
    out->value().close();
    return fail(kClosed, "connected");
}

TEST(Connect, ReachesAListenerByAddressAndByName) {
    Loop loop(1);
    auto acceptor = listenTcp(loop.get_executor(), {"127.0.0.1", 0});
    ASSERT_TRUE(acceptor);
    const std::uint16_t port = acceptor->local_endpoint().port();
    EXPECT_EQ(connectNow({"127.0.0.1", port}, milliseconds(5'000)).error().message(), "connected");
    EXPECT_EQ(connectNow({"localhost", port}, milliseconds(5'000)).error().message(), "connected");
}

TEST(Connect, SaysThatThePortRefuses) {
    Loop loop(1);
    auto acceptor = listenTcp(loop.get_executor(), {"127.0.0.1", 0});
    ASSERT_TRUE(acceptor);
    const std::uint16_t port = acceptor->local_endpoint().port();
    acceptor->close();
    const Error error = connectNow({"127.0.0.1", port}, milliseconds(5'000)).error();
    EXPECT_EQ(error.code(), kRefused);
    EXPECT_NE(error.message().find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST(Connect, SaysThatANameDoesNotResolve) {
    // RFC 6761: names under .invalid never exist; without a resolver the answer is the same error.
    const Error error = connectNow({"nowhere.invalid", 443}, milliseconds(2'000)).error();
    EXPECT_EQ(error.code(), kDnsFailed);
    EXPECT_NE(error.message().find("nowhere.invalid"), std::string::npos);
}

TEST(Connect, GivesUpAtTheDeadlineWhenNobodyAnswers) {
    // A listener whose queue is full drops further SYNs: the peer is silent without leaving this
    // machine.
    Loop loop(1);
    TcpAcceptor acceptor(loop.get_executor(), {asio::ip::make_address("127.0.0.1"), 0}, false);
    acceptor.listen(0);
    const std::uint16_t port = acceptor.local_endpoint().port();
    std::vector<TcpSocket> fillers;
    for (int i = 0; i < 4; ++i) {
        auto& filler = fillers.emplace_back(loop.get_executor());
        filler.async_connect({asio::ip::make_address("127.0.0.1"), port}, [](auto) {});
    }
    loop.poll();
    const auto begin = std::chrono::steady_clock::now();
    const Error error = connectNow({"127.0.0.1", port}, milliseconds(200)).error();
    EXPECT_EQ(error.code(), kTimeout);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(Listen, NamesTheAddressThatIsInUse) {
    Loop loop(1);
    auto first = listenTcp(loop.get_executor(), {"127.0.0.1", 0});
    ASSERT_TRUE(first);
    const Target taken{"127.0.0.1", first->local_endpoint().port()};
    auto second = listenTcp(loop.get_executor(), taken);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), kListenFailed);
    EXPECT_NE(second.error().message().find(taken.text()), std::string::npos);
}

TEST(TargetOfUrl, TakesHostPortAndDefaultPort) {
    EXPECT_EQ(*targetOfUrl("https://a.example:8443/x?y", 443), (Target{"a.example", 8443}));
    EXPECT_EQ(*targetOfUrl("tls://a.example", 4222), (Target{"a.example", 4222}));
    EXPECT_EQ(*targetOfUrl("https://[::1]:9/", 443), (Target{"::1", 9}));
    EXPECT_EQ(*targetOfUrl("https://[::1]", 443), (Target{"::1", 443}));
    EXPECT_EQ((Target{"::1", 9}.text()), "[::1]:9");
}

TEST(TargetOfUrl, RefusesWhatIsNotAnAddress) {
    for (const char* bad : {"a.example",
                            "https://",
                            "https://:1",
                            "https://a:0",
                            "https://a:65536",
                            "https://a:1x",
                            "https://a:",
                            "https://u:p@a",
                            "https://::1",
                            "https://[::1",
                            "https://[::1]x",
                            "https://a b"}) {
        const auto target = targetOfUrl(bad, 443);
        ASSERT_FALSE(target) << bad;
        EXPECT_EQ(target.error().code(), kBadAddress);
    }
}

}  // namespace
}  // namespace pcg::net
