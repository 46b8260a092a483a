// SPDX-License-Identifier: Apache-2.0
#include "common/http/server.h"

#include "common/http/errc.h"
#include "common/http/problem.h"
#include "common/http/signal.h"
#include "test/support/log_capture.h"
#include "test/support/temp_dir.h"
#include "test/unit/http/loop_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include <sys/stat.h>

namespace pcg::http {
namespace {

using test::LoopThread;
using test::RawSocket;
using namespace std::chrono_literals;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

// Answers by path; remembers which requests reached it.
class Site {
  public:
    explicit Site(LoopThread& loop) : release_(loop.loop().get_executor()) {}

    net::Task<void> serve(Exchange& exchange) {
        seen_.withLock([&](auto& seen) {
            seen.push_back(exchange.request().method + " " + exchange.request().target);
        });
        const auto path = std::string(exchange.request().path());
        if (path == "/echo")
            co_await echo(exchange);
        else if (path == "/wait")
            co_await wait(exchange);
        else if (path == "/throw")
            throw std::runtime_error("a bug");
        else if (path == "/silent")
            co_return;
        else if (path == "/half")
            co_await half(exchange);
        else if (path == "/abort")
            co_await abortMidway(exchange);
        else if (path == "/chunks")
            co_await chunks(exchange);
        else
            co_await answer(exchange, path == "/none" ? 204 : path == "/same" ? 304 : 200, path);
    }

    Handler handler() {
        return [this](Exchange& exchange) { return serve(exchange); };
    }

    std::vector<std::string> seen() const {
        return seen_.withLock([](const auto& seen) { return seen; });
    }

    void release() {
        released_ = true;
        release_.notify();
    }

    std::promise<void>& gone() { return gone_; }

    std::promise<void>& waiting() { return waiting_; }

  private:
    static net::Task<void> answer(Exchange& exchange, int status, std::string body) {
        ResponseHead head;
        head.status = status;
        const auto octets = asBytes(body);
        co_await respondWhole(exchange, std::move(head), octets);
    }

    static net::Task<void> echo(Exchange& exchange) {
        const auto body = co_await readWholeBody(exchange, 1_MiB);
        if (!body) {
            auto problem = problemOf(body.error());
            co_await respondProblem(exchange, std::move(problem));
            co_return;
        }
        std::string text(asText(*body));
        co_await answer(exchange, 200, std::move(text));
    }

    net::Task<void> wait(Exchange& exchange) {
        bool clientGone = false;
        exchange.onClientGone([this, &clientGone] {
            clientGone = true;
            gone_.set_value();
            release_.notify();
        });
        waiting_.set_value();
        while (!clientGone && !released_) co_await release_.wait();
        if (!clientGone) co_await answer(exchange, 200, "waited");
    }

    static net::Task<void> half(Exchange& exchange) {
        ResponseHead head;
        head.body = BodyFraming::ofLength(10);
        co_await exchange.respond(std::move(head));
        const auto octets = asBytes("12345");
        co_await exchange.writeBody(octets);
        co_await exchange.finish();
    }

    static net::Task<void> abortMidway(Exchange& exchange) {
        ResponseHead head;
        head.body = BodyFraming::chunked();
        co_await exchange.respond(std::move(head));
        const auto octets = asBytes("12345");
        co_await exchange.writeBody(octets);
        const Error why(kTruncated, "upstream broke");
        exchange.abort(why);
    }

    static net::Task<void> chunks(Exchange& exchange) {
        ResponseHead head;
        head.body = BodyFraming::chunked();
        co_await exchange.respond(std::move(head));
        for (const std::string_view text : {"one", "two"}) {
            const auto octets = asBytes(text);
            co_await exchange.writeBody(octets);
        }
        co_await exchange.finish();
    }

    Synchronized<std::vector<std::string>> seen_;
    Signal release_;
    bool released_ = false;
    std::promise<void> gone_;
    std::promise<void> waiting_;
};

class HttpServer : public testing::Test {
  protected:
    void listen(ServerLimits limits = {}) {
        ServerOptions options;
        options.limits = limits;
        options.admission.allowedHosts = {"localhost"};
        auto server = loop_.call([&] {
            return Server::listenTcp(loop_.loop(), "127.0.0.1", 0, site_.handler(), options);
        });
        ASSERT_TRUE(server) << server.error().message();
        server_ = std::move(*server);
    }

    void TearDown() override {
        if (!server_) return;
        loop_.await(server_->stop(0ms));
        loop_.call([&] { server_.reset(); });
    }

    RawSocket connect() { return RawSocket::connectTo(server_->port()); }

    pcg::test::LogCapture log_;
    LoopThread loop_;
    Site site_{loop_};
    std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, AnswersAndKeepsTheConnection) {
    listen();
    auto client = connect();

    client.send(kGet);
    EXPECT_EQ(client.readUntil("/a"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/a");
    client.send(kGet);
    EXPECT_EQ(client.readUntil("/a"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/a");
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
    listen();
    auto client = connect();
    std::string requests;
    for (int i = 0; i < 50; ++i)
        requests += "GET /" + std::to_string(1000 + i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";

    client.send(requests);

    for (int i = 0; i < 50; ++i) {
        const auto expected = "/" + std::to_string(1000 + i);
        EXPECT_TRUE(client.readUntil(expected).ends_with(expected)) << i;
    }
}

TEST_F(HttpServer, ReadsBodiesOfBothFramings) {
    listen();
    auto client = connect();

    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_TRUE(client.readUntil("hello").ends_with("\r\n\r\nhello"));
    client.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n" +
        kGet);
    EXPECT_TRUE(client.readUntil("abcde").ends_with("\r\n\r\nabcde"));
    EXPECT_TRUE(client.readUntil("/a").ends_with("\r\n\r\n/a"));
}

TEST_F(HttpServer, LeavesOutTheBodyWhereThereMayBeNone) {
    listen();
    auto client = connect();

    client.send("HEAD /abc HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.readUntil("\r\n\r\n"), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    client.send("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.readUntil("\r\n\r\n"), "HTTP/1.1 204 No Content\r\n\r\n");
    client.send("GET /same HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.readUntil("\r\n\r\n"), "HTTP/1.1 304 Not Modified\r\n\r\n");
    client.send("HEAD /chunks HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.readUntil("\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(kGet);
    EXPECT_EQ(client.readUntil("/a"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/a");
}

TEST_F(HttpServer, ChunksForHttp11AndClosesForHttp10) {
    listen();
    auto modern = connect();
    modern.send("GET /chunks HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(
        modern.readUntil("0\r\n\r\n").ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));

    auto old = connect();
    old.send("GET /chunks HTTP/1.0\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(old.readAll(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonetwo");
    EXPECT_EQ(old.end(), RawSocket::End::Closed);
}

TEST_F(HttpServer, SendsContinueOnlyWhenTheHandlerReads) {
    listen();
    auto reads = connect();
    reads.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
        "5\r\n\r\n");
    EXPECT_EQ(reads.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    reads.send("hello");
    EXPECT_TRUE(reads.readUntil("hello").starts_with("HTTP/1.1 200 OK"));

    auto refuses = connect();
    refuses.send(
        "POST /a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(refuses.readAll(),
              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/a");
}

TEST_F(HttpServer, NeverTakesAnUnreadBodyForARequest) {
    listen();
    auto client = connect();
    const std::string inner = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

    client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(inner.size()) + "\r\n\r\n" + inner + kGet);

    client.readUntil("/a");
    EXPECT_TRUE(client.readUntil("/a").ends_with("/a"));
    EXPECT_EQ(site_.seen(), (std::vector<std::string>{"POST /a", "GET /a"}));
}

TEST_F(HttpServer, ClosesRatherThanDrainALargeUnreadBody) {
    listen();
    auto client = connect();

    client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n");
    EXPECT_TRUE(client.readUntil("/a").starts_with("HTTP/1.1 200 OK"));
    client.send(std::string(1'000'000, 'x'));
    client.readAll();

    EXPECT_NE(client.end(), RawSocket::End::Open);
    EXPECT_EQ(site_.seen().size(), 1u);
}

// Each is followed on the same connection by a request that must never be executed.
struct Probe {
    std::string what;
    std::string bytes;
    bool reachesHandler = false;  // broken inside the body, after a good head
};

void PrintTo(const Probe& probe, std::ostream* out) { *out << probe.what; }

class HttpServerProbe : public HttpServer, public testing::WithParamInterface<Probe> {};

TEST_P(HttpServerProbe, IsRefusedAndNothingBehindItRuns) {
    listen();
    auto client = connect();

    client.send(GetParam().bytes + "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto answer = client.readAll();

    EXPECT_NE(client.end(), RawSocket::End::Open) << "the connection stays open";
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5")) << answer;
    EXPECT_EQ(answer.find("}HTTP/1.1"), std::string::npos) << "a second answer: " << answer;
    EXPECT_EQ(site_.seen().size(), GetParam().reachesHandler ? 1u : 0u);
}

std::string post(const std::string& lines, const std::string& body) {
    return "POST /echo HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n" + body;
}

INSTANTIATE_TEST_SUITE_P(
    Raw,
    HttpServerProbe,
    testing::Values(
        Probe{"CL and TE",
              post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        Probe{"TE and CL",
              post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n")},
        Probe{"two different CL", post("Content-Length: 0\r\nContent-Length: 44\r\n", "")},
        Probe{"negative CL", post("Content-Length: -1\r\n", "")},
        Probe{"CL with plus", post("Content-Length: +3\r\n", "abc")},
        Probe{"CL in hex", post("Content-Length: 0x1f\r\n", "")},
        Probe{"blank before colon", post("Content-Length : 3\r\n", "abc")},
        Probe{"TE xchunked and CL",
              post("Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n", "abc")},
        Probe{"TE gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
        Probe{"two TE",
              post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")},
        Probe{"TE folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
        Probe{"garbage chunk size",
              post("Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n0\r\n\r\n"),
              true},
        Probe{"chunk data too long",
              post("Transfer-Encoding: chunked\r\n", "3\r\nabcdef\r\n0\r\n\r\n"),
              true},
        Probe{"chunk size overflow",
              post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
              true},
        Probe{"bare LF in chunks", post("Transfer-Encoding: chunked\r\n", "3\nabc\n0\n\n"), true},
        Probe{"no Host", "GET / HTTP/1.1\r\n\r\n"},
        Probe{"two Hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"},
        Probe{"NUL in a value",
              std::string("GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 43)},
        Probe{"bare LF", "GET / HTTP/1.1\nHost: localhost\n\n"},
        Probe{"foreign Host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
        Probe{"absolute form", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        Probe{"HTTP/0.9", "GET /\r\n\r\n"},
        Probe{"garbage", "\x16\x03\x01 hello\r\n\r\n"}));

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

TEST_F(HttpServer, TellsAWaitingHandlerThatItsClientWentAway) {
    listen();
    auto client = connect();
    client.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    site_.waiting().get_future().wait();

    client.close();

    EXPECT_EQ(site_.gone().get_future().wait_for(2s), std::future_status::ready);
}

TEST_F(HttpServer, MakesAnAbortVisible) {
    listen();
    auto client = connect();

    client.send("GET /abort HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto answer = client.readAll();

    EXPECT_EQ(answer.find("0\r\n\r\n"), std::string::npos);
    EXPECT_EQ(client.end(), RawSocket::End::Reset);
}

TEST_F(HttpServer, AbortsAnAnswerThatIsShorterThanPromised) {
    listen();
    auto client = connect();

    client.send("GET /half HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.readAll();

    EXPECT_EQ(client.end(), RawSocket::End::Reset);
}

TEST_F(HttpServer, AnswersFiveHundredForAHandlerThatThrowsOrForgets) {
    listen();
    for (const std::string path : {"/throw", "/silent"}) {
        auto client = connect();
        client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_TRUE(client.readUntil("\r\n\r\n").starts_with("HTTP/1.1 500")) << path;
    }
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
