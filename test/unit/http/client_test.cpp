// SPDX-License-Identifier: Apache-2.0
#include "common/http/client.h"

#include "common/http/errc.h"
#include "test/support/log_capture.h"
#include "test/unit/http/loop_thread.h"

#include <gtest/gtest.h>

namespace pcg::http {
namespace {

using test::LoopThread;
using test::RawListener;
using test::RawSocket;
using namespace std::chrono_literals;

RequestHead get(std::string target = "/") { return RequestHead{"GET", std::move(target), {}, {}}; }

RequestHead post(BodyFraming body) { return RequestHead{"POST", "/", {}, body}; }

// What a test needs to know of one call.
struct Seen {
    std::optional<ResponseHead> head;
    std::string body;
    std::optional<Error> error;
    Outcome outcome = Outcome::NotDispatched;
};

net::Task<Seen> readToEnd(std::unique_ptr<Call> call) {
    Seen seen;
    const auto finished = co_await call->finishRequest();
    auto head = co_await call->readHead();
    if (!head) {
        seen.error = head.error();
        seen.outcome = call->outcome();
        co_return seen;
    }
    seen.head = *head;
    Bytes buffer(1000);
    for (;;) {
        const MutableBytes into(buffer);
        const auto count = co_await call->readBody(into);
        if (!count) {
            seen.error = count.error();
            break;
        }
        if (*count == 0) break;
        seen.body += asText(BytesView(buffer).first(*count));
    }
    seen.outcome = call->outcome();
    co_return seen;
}

net::Task<Seen> ask(Client& client, RequestHead head) {
    auto call = co_await client.start(std::move(head));
    if (call) co_return co_await readToEnd(std::move(*call));
    Seen seen;
    seen.error = call.error();
    co_return seen;
}

class HttpClient : public testing::Test {
  protected:
    std::unique_ptr<Client> clientOf(std::uint16_t port, ClientOptions options = {}) {
        options.authority = "origin.example";
        return std::make_unique<Client>(
            loop_.loop(), tcpOpener("127.0.0.1", port), std::move(options));
    }

    // Asks once, answers with exactly these octets, closes.
    Seen against(const std::string& answer, RequestHead head = get()) {
        RawListener origin;
        auto client = clientOf(origin.port());
        auto seen = loop_.start(ask(*client, std::move(head)));
        auto socket = origin.accept();
        request_ = socket.readUntil("\r\n\r\n");
        socket.send(answer);
        socket.close();
        return seen.get();
    }

    pcg::test::LogCapture log_;
    LoopThread loop_;
    std::string request_;
};

TEST_F(HttpClient, SendsAHeadOfItsOwnAndReadsTheAnswer) {
    auto head = get("/sdk?a=b");
    head.headers.add("X-Trace", "1");

    const auto seen = against("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\nhello", head);

    ASSERT_TRUE(seen.head);
    EXPECT_EQ(request_, "GET /sdk?a=b HTTP/1.1\r\nHost: origin.example\r\nX-Trace: 1\r\n\r\n");
    EXPECT_EQ(*seen.head->headers.find("X"), "y");
    EXPECT_EQ(seen.head->body, BodyFraming::ofLength(5));
    EXPECT_EQ(seen.body, "hello");
    EXPECT_EQ(seen.outcome, Outcome::Complete);
}

TEST_F(HttpClient, SwallowsInterimAnswers) {
    const auto seen = against(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");

    ASSERT_TRUE(seen.head);
    EXPECT_EQ(seen.head->status, 200);
    EXPECT_EQ(seen.body, "ok");
}

TEST_F(HttpClient, ReadsABodyThatEndsWithTheConnection) {
    const auto seen = against("HTTP/1.0 200 OK\r\n\r\nall of it");

    EXPECT_EQ(seen.body, "all of it");
    EXPECT_EQ(seen.outcome, Outcome::Complete);
}

TEST_F(HttpClient, ExpectsNoBodyWhereThereMayBeNone) {
    EXPECT_EQ(against("HTTP/1.1 204 No Content\r\n\r\n").outcome, Outcome::Complete);
    EXPECT_EQ(against("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").outcome,
              Outcome::Complete);
    const RequestHead head{"HEAD", "/", {}, {}};
    const auto seen = against("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", head);
    EXPECT_EQ(seen.outcome, Outcome::Complete);
    EXPECT_EQ(seen.head->body, BodyFraming::ofLength(9));
}

struct Broken {
    std::string what;
    std::string answer;
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.what; }

class HttpClientBroken : public HttpClient, public testing::WithParamInterface<Broken> {};

TEST_P(HttpClientBroken, AnswerIsAnErrorAndNeverAShortSuccess) {
    const auto seen = against(GetParam().answer);

    EXPECT_TRUE(seen.error.has_value());
    EXPECT_EQ(seen.outcome, Outcome::Unknown);
}

INSTANTIATE_TEST_SUITE_P(
    Answers,
    HttpClientBroken,
    testing::Values(
        Broken{"nothing", ""},
        Broken{"half a head", "HTTP/1.1 200 OK\r\nContent-"},
        Broken{"short length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"},
        Broken{"no last chunk",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"},
        Broken{"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123"},
        Broken{"bad chunk",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n12345\r\n0\r\n\r\n"},
        Broken{"two lengths",
               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345"},
        Broken{
            "length and chunks",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        Broken{"not HTTP", "SSH-2.0-OpenSSH\r\n\r\n"},
        Broken{"switching protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n"}));

TEST_F(HttpClient, SaysNotDispatchedWhenNobodyListens) {
    std::uint16_t port = 0;
    {
        const RawListener origin;
        port = origin.port();
    }
    auto client = clientOf(port);

    const auto seen = loop_.await(ask(*client, get()));

    ASSERT_TRUE(seen.error);
    EXPECT_EQ(seen.outcome, Outcome::NotDispatched);
}

TEST_F(HttpClient, ReusesAConnectionAndNoticesAClosedOne) {
    RawListener origin;
    auto client = clientOf(origin.port());
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    auto first = loop_.start(ask(*client, get("/1")));
    auto socket = origin.accept();
    socket.readUntil("\r\n\r\n");
    socket.send(answer);
    first.get();
    EXPECT_EQ(loop_.call([&] { return client->idleCount(); }), 1u);

    auto second = loop_.start(ask(*client, get("/2")));
    EXPECT_TRUE(socket.readUntil("\r\n\r\n").starts_with("GET /2 "));
    socket.send(answer);
    second.get();
    socket.close();

    auto third = loop_.start(ask(*client, get("/3")));
    auto fresh = origin.accept();
    EXPECT_TRUE(fresh.readUntil("\r\n\r\n").starts_with("GET /3 "));
    fresh.send(answer);
    EXPECT_FALSE(third.get().error);
}

TEST_F(HttpClient, TakesAFreshConnectionForWhatMustNotRunTwice) {
    RawListener origin;
    ClientOptions options;
    options.reuseNonIdempotentWithin = 0ms;
    auto client = clientOf(origin.port(), options);
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    auto first = loop_.start(ask(*client, get("/1")));
    auto socket = origin.accept();
    socket.readUntil("\r\n\r\n");
    socket.send(answer);
    first.get();

    auto second = loop_.start(ask(*client, post({})));
    auto fresh = origin.accept();
    EXPECT_TRUE(fresh.readUntil("\r\n\r\n").starts_with("POST / "));
    fresh.send(answer);
    EXPECT_FALSE(second.get().error);
}

TEST_F(HttpClient, DoesNotReuseAConnectionWithOctetsNobodyAskedFor) {
    RawListener origin;
    auto client = clientOf(origin.port());
    auto first = loop_.start(ask(*client, get()));
    auto socket = origin.accept();
    socket.readUntil("\r\n\r\n");
    socket.send(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: "
        "0\r\n\r\n");

    EXPECT_EQ(first.get().body, "ok");
    EXPECT_EQ(loop_.call([&] { return client->idleCount(); }), 0u);
}

TEST_F(HttpClient, GivesUpOnAHeadThatDoesNotCome) {
    RawListener origin;
    ClientOptions options;
    options.limits.head = 100ms;
    auto client = clientOf(origin.port(), options);

    auto seen = loop_.start(ask(*client, get()));
    auto socket = origin.accept();

    const auto result = seen.get();
    ASSERT_TRUE(result.error);
    EXPECT_TRUE(result.error->is(kTimeout)) << result.error->message();
    EXPECT_EQ(result.outcome, Outcome::Unknown);
}

net::Task<Result<ResponseHead>> startAndReadHead(Client& client, std::promise<Call*>& started) {
    PCG_CO_TRY(const auto call, co_await client.start(get()));
    started.set_value(call.get());
    co_return co_await call->readHead();
}

TEST_F(HttpClient, EndsAWaitingCallWhenItIsCancelled) {
    RawListener origin;
    auto client = clientOf(origin.port());
    std::promise<Call*> started;
    auto head = loop_.start(startAndReadHead(*client, started));
    auto socket = origin.accept();
    socket.readUntil("\r\n\r\n");

    Call* call = started.get_future().get();
    loop_.call([&] { call->cancel(); });

    const auto result = head.get();
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().is(kCancelled));
    socket.readAll();
    EXPECT_NE(socket.end(), RawSocket::End::Open);
}

net::Task<Seen> uploadUntilRefused(Client& client) {
    auto call = co_await client.start(post(BodyFraming::chunked()));
    const Bytes piece(64 * 1024, 'x');
    const auto first = co_await (*call)->writeBody(piece);
    Seen seen;
    auto head = co_await (*call)->readHead();
    if (head) seen.head = *head;
    Bytes buffer(100);
    const MutableBytes into(buffer);
    const auto count = co_await (*call)->readBody(into);
    if (count) seen.body = asText(BytesView(buffer).first(*count));
    seen.outcome = (*call)->outcome();
    co_return seen;
}

TEST_F(HttpClient, HearsAnEarlyAnswerDuringAnUpload) {
    RawListener origin;
    auto client = clientOf(origin.port());
    auto seen = loop_.start(uploadUntilRefused(*client));
    auto socket = origin.accept();
    socket.readUntil("\r\n\r\n");
    socket.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");

    const auto result = seen.get();
    ASSERT_TRUE(result.head);
    EXPECT_EQ(result.head->status, 401);
    EXPECT_EQ(result.body, "no");
    EXPECT_EQ(loop_.call([&] { return client->idleCount(); }), 0u);
}

TEST_F(HttpClient, RefusesToSplitARequest) {
    auto client = clientOf(1);
    auto head = get();
    head.headers.add("X", "a\r\nEvil: b");
    EXPECT_TRUE(loop_.await(ask(*client, head)).error->is(kBadHeader));
    EXPECT_TRUE(loop_.await(ask(*client, get("/a b"))).error->is(kBadTarget));
}

TEST(RemoveHopByHop, RemovesWhatConnectionNamesToo) {
    HeaderList headers{{"Connection", "close, X-Mine"},
                       {"X-Mine", "1"},
                       {"Upgrade", "h2c"},
                       {"TE", "trailers"},
                       {"Keep-Alive", "5"},
                       {"Proxy-Authorization", "Basic"},
                       {"Accept", "*/*"}};
    removeHopByHop(headers);
    EXPECT_EQ(headers, (HeaderList{{"Accept", "*/*"}}));
}

}  // namespace
}  // namespace pcg::http
