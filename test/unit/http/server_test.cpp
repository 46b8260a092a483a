// SPDX-License-Identifier: Apache-2.0
// Requests, answers, bodies, and what is refused.
#include "test/unit/http/server_site.h"

namespace pcg::http {
namespace {

using namespace std::chrono_literals;
using namespace test;

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

TEST_F(HttpServer, TellsOfWhatItRefusesAndOfNothingElse) {
    listen();
    auto good = connect();
    good.send(kGet);
    good.readUntil("/a");
    EXPECT_TRUE(refused().empty());
    for (const auto* target : {"/a%00b", "/a%2fb", "/%2e%2e/b", "/a%5cb", "/a%2500"}) {
        auto bad = connect();
        bad.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_NE(bad.readUntil("\r\n\r\n").find(" 400 "), std::string::npos) << target;
    }
    EXPECT_EQ(refused(), std::vector<std::string>(5, "http.bad_target"));
    EXPECT_EQ(site_.seen().size(), 1U);
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

}  // namespace
}  // namespace pcg::http
