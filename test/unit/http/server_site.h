// SPDX-License-Identifier: Apache-2.0
// A server on loopback whose handlers answer by path and remember what reached them. For tests.
#pragma once

#include "common/http/errc.h"
#include "common/http/problem.h"
#include "common/http/server.h"
#include "common/http/signal.h"
#include "test/support/log_capture.h"
#include "test/support/temp_dir.h"
#include "test/unit/http/loop_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

namespace pcg::http::test {

using namespace std::chrono_literals;

inline const std::string kGet = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

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
        options.onRefused = [this](const Error& why) {
            refused_.withLock([&](auto& all) { all.emplace_back(why.code().name()); });
        };
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

    std::vector<std::string> refused() const {
        return refused_.withLock([](const auto& all) { return all; });
    }

    RawSocket connect() { return RawSocket::connectTo(server_->port()); }

    pcg::test::LogCapture log_;
    LoopThread loop_;
    Site site_{loop_};
    Synchronized<std::vector<std::string>> refused_;
    std::unique_ptr<Server> server_;
};

}  // namespace pcg::http::test
