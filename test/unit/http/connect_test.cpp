// SPDX-License-Identifier: Apache-2.0
// CONNECT at the server: a refusal is an answer like any other, an agreement makes the connection a
// stream of octets whose halves end one by one.
#include "common/http/client.h"
#include "common/http/errc.h"
#include "common/http/server.h"
#include "common/http/signal.h"
#include "common/http/stream_request.h"
#include "test/support/log_capture.h"
#include "test/unit/http/loop_thread.h"

#include <gtest/gtest.h>

#include <atomic>

namespace pcg::http {
namespace {

using namespace std::chrono_literals;
using namespace test;

const std::string kConnect =
    "CONNECT esx1.example.com:443 HTTP/1.1\r\nHost: esx1.example.com:443\r\n\r\n";
const std::string kAgreed = "HTTP/1.1 200 Connection established\r\n\r\n";

class HttpConnect : public testing::Test {
  protected:
    void SetUp() override {
        ServerOptions options;
        options.admission.forms = TargetForms::AlsoAuthority;
        // So short that a stream would end by them.
        options.limits.body = 100ms;
        options.limits.write = 100ms;
        auto server = loop_.call([&] {
            return Server::listenTcp(
                loop_.loop(),
                "127.0.0.1",
                0,
                [this](Exchange& exchange) { return serve(exchange); },
                options);
        });
        ASSERT_TRUE(server) << server.error().message();
        server_ = std::move(*server);
    }

    void TearDown() override {
        if (!server_) return;
        loop_.await(server_->stop(0ms));
        loop_.call([&] { server_.reset(); });
    }

    // Agrees to esx1 and sends back what comes in angle brackets; "bye" ends the server's half, the
    // end of the client's half ends it, too.
    net::Task<void> serve(Exchange& exchange) {
        ++requests_;
        exchange.onClientGone([this] { gone_.set_value(); });
        ResponseHead head;
        wished_ = exchange.request().headers.find("Upgrade") != nullptr;
        if (exchange.request().target == "/ticket/agreed" && mayBecomeStream(exchange.request())) {
            head.status = 101;
            head.headers.add("Upgrade", "websocket");
        } else if (exchange.request().target != "esx1.example.com:443") {
            head.status = 403;
            co_await respondWhole(exchange, std::move(head), asBytes("no"));
            co_return;
        }
        if (head.status == 200) head.reason = "Connection established";
        head.body = BodyFraming::chunked();
        co_await exchange.respond(std::move(head));
        Bytes buffer(64);
        bool open = true;
        while (true) {
            const auto count = co_await exchange.readBody(buffer);
            if (!count || *count == 0) {
                ended_.set_value(count ? "clean" : std::string(count.error().code().name()));
                break;
            }
            const std::string text(asText(BytesView(buffer).first(*count)));
            afterBye_ += open ? "" : text;
            const std::string shown = "<" + text + ">";
            if (open) co_await exchange.writeBody(asBytes(shown));
            if (open && text == "bye") {
                open = false;
                co_await exchange.finish();
            }
        }
        if (open) co_await exchange.finish();
    }

    RawSocket connect() { return RawSocket::connectTo(server_->port()); }

    pcg::test::LogCapture log_;
    LoopThread loop_;
    std::unique_ptr<Server> server_;
    std::atomic<int> requests_ = 0;
    std::atomic<bool> wished_ = false;
    std::string afterBye_;
    std::promise<std::string> ended_;
    std::promise<void> gone_;
};

TEST_F(HttpConnect, MakesTheConnectionAStreamWithoutFraming) {
    auto client = connect();
    client.send(kConnect);
    EXPECT_EQ(client.readUntil("\r\n\r\n"), kAgreed);
    client.send("one");
    EXPECT_EQ(client.readUntil(">"), "<one>");
    client.send("\r\n");
    EXPECT_EQ(client.readUntil(">"), "<\r\n>");
}

TEST_F(HttpConnect, LetsTheClientEndItsHalfFirst) {
    auto client = connect();
    client.send(kConnect + "one");
    EXPECT_EQ(client.readUntil("<one>"), kAgreed + "<one>");
    client.endSending();
    EXPECT_EQ(client.readAll(), "");
    EXPECT_EQ(client.end(), RawSocket::End::Closed);
    EXPECT_EQ(ended_.get_future().get(), "clean");
}

TEST_F(HttpConnect, LetsTheServerEndItsHalfFirst) {
    auto client = connect();
    client.send(kConnect + "bye");
    EXPECT_EQ(client.readAll(), kAgreed + "<bye>");
    client.send("more");
    client.endSending();
    EXPECT_EQ(ended_.get_future().get(), "clean");
    EXPECT_EQ(afterBye_, "more");
}

TEST_F(HttpConnect, OutlivesSilenceThatWouldEndARequest) {
    auto client = connect();
    client.send(kConnect);
    EXPECT_EQ(client.readUntil("\r\n\r\n"), kAgreed);
    EXPECT_FALSE(client.isReadableWithin(300ms));
    client.send("one");
    EXPECT_EQ(client.readUntil(">"), "<one>");
}

TEST_F(HttpConnect, TellsOfAClientThatBreaksOff) {
    auto client = connect();
    client.send(kConnect);
    EXPECT_EQ(client.readUntil("\r\n\r\n"), kAgreed);
    client.reset();
    gone_.get_future().get();
    EXPECT_EQ(ended_.get_future().get(), "http.client_gone");
}

TEST_F(HttpConnect, TakesNothingBehindARefusalForARequest) {
    auto client = connect();
    client.send("CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n" + kConnect);
    const auto answer = client.readAll();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 Forbidden\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\nConnection: close\r\n\r\nno")) << answer;
    EXPECT_EQ(requests_, 1);
}

TEST_F(HttpConnect, TakesHttp10ClientsThatSendNoHost) {
    auto client = connect();
    client.send("CONNECT esx1.example.com:443 HTTP/1.0\r\n\r\n");
    EXPECT_EQ(client.readUntil("\r\n\r\n"), kAgreed);
}

TEST_F(HttpConnect, RefusesABodyAndAPlaceWithoutAPort) {
    for (const std::string head : {"CONNECT esx1.example.com:443 HTTP/1.1\r\nContent-Length: 1\r\n",
                                   "CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
                                   "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nHost: a\r\n",
                                   "CONNECT a HTTP/1.1\r\nHost: a\r\n",
                                   "CONNECT [::1] HTTP/1.1\r\nHost: a\r\n",
                                   "CONNECT a: HTTP/1.1\r\nHost: a\r\n",
                                   "CONNECT /a:1 HTTP/1.1\r\nHost: a\r\n"}) {
        auto client = connect();
        client.send(head + "\r\n");
        EXPECT_TRUE(client.readAll().starts_with("HTTP/1.1 400 ")) << head;
    }
    EXPECT_EQ(requests_, 0);
}

std::string webSocket(const std::string& path, const std::string& more = "") {
    return "GET " + path +
           " HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
           more + "\r\n";
}

TEST_F(HttpConnect, TakesAWebSocketBelowItsPath) {
    auto client = connect();
    client.send(webSocket("/ticket/agreed"));
    EXPECT_EQ(
        client.readUntil("\r\n\r\n"),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    client.send("one");
    EXPECT_EQ(client.readUntil(">"), "<one>");
    client.endSending();
    EXPECT_EQ(client.readAll(), "");
    EXPECT_EQ(client.end(), RawSocket::End::Closed);
}

TEST_F(HttpConnect, TakesARefusedWebSocketForTheEndOfTheConnection) {
    auto client = connect();
    client.send(webSocket("/ticket/refused") + kConnect);
    EXPECT_TRUE(client.readAll().ends_with("Connection: close\r\n\r\nno"));
    EXPECT_TRUE(wished_);
    EXPECT_EQ(requests_, 1);
}

TEST_F(HttpConnect, LeavesTheWishForAWebSocketOutEverywhereElse) {
    auto client = connect();
    for (const auto& request :
         {webSocket("/sdk"),
          webSocket("/ticket/agreed", "Content-Length: 0\r\n"),
          webSocket("/ticket/agreed", "Upgrade: h2c\r\n"),
          std::string("GET /ticket/agreed HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"),
          std::string("POST /ticket/agreed HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                      "Upgrade: websocket\r\nContent-Length: 0\r\n\r\n")}) {
        wished_ = true;
        client.send(request);
        EXPECT_TRUE(client.readUntil("\r\n\r\nno").starts_with("HTTP/1.1 403 ")) << request;
        EXPECT_FALSE(wished_) << request;
    }
}

// What a server behind a port says to a client that asks for a WebSocket, after its status.
net::Task<std::string> sayOne(net::Loop& on, std::uint16_t port) {
    ClientOptions options;
    options.authority = "far";
    Client client(on, tcpOpener("127.0.0.1", port), options);
    RequestHead head{"GET", "/ticket/a", {{"Upgrade", "websocket"}}, BodyFraming::chunked()};
    auto call = co_await client.start(std::move(head));
    if (!call) co_return call.error().message();
    const auto answer = co_await (*call)->readHead();
    if (!answer) co_return answer.error().message();
    std::string said = std::to_string(answer->status) + " ";
    const auto written = co_await (*call)->writeBody(asBytes("one"));
    if (!written) co_return written.error().message();
    (void)co_await (*call)->finishRequest();
    Bytes buffer(2);
    for (std::size_t count = 1; count > 0;) {
        const auto read = co_await (*call)->readBody(buffer);
        if (!read) co_return read.error().message();
        count = *read;
        said += asText(BytesView(buffer).first(count));
    }
    co_return said;
}

TEST_F(HttpConnect, LetsAClientAskForAWebSocket) {
    RawListener listener;
    LoopThread loop;
    auto asked = loop.start(sayOne(loop.loop(), listener.port()));
    auto far = listener.accept();
    const auto head = far.readUntil("\r\n\r\n");
    EXPECT_NE(head.find("\r\nConnection: Upgrade\r\n"), std::string::npos) << head;
    EXPECT_EQ(head.find("Transfer-Encoding"), std::string::npos) << head;
    far.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nearly");
    EXPECT_EQ(far.readAll(), "one");
    far.send(" late");
    far.close();
    EXPECT_EQ(asked.get(), "101 early late");
}

}  // namespace
}  // namespace pcg::http
