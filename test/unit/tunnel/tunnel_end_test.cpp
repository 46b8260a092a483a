// SPDX-License-Identifier: Apache-2.0
// How a call over Connector and Acceptor ends when it does not end well.
#include "test/support/sanitized.h"
#include "test/unit/tunnel/tunnel_pair.h"

namespace pcg::tunnel {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_F(Tunnel, TellsTheHandlerAtOnceThatTheClientWentAway) {
    std::optional<std::chrono::steady_clock::time_point> goneAt;

    struct Server {
        static net::Task<void> wait(net::Loop& loop,
                                    std::optional<std::chrono::steady_clock::time_point>& gone,
                                    http::Exchange& exchange) {
            net::Timer timer(loop, SteadyTime::max());
            exchange.onClientGone([&] {
                gone = std::chrono::steady_clock::now();
                timer.cancel();
            });
            (void)co_await timer.async_wait(net::kAwaitTuple);
        }
    };

    startGateway([&](http::Exchange& exchange, const StreamInfo&) {
        return Server::wait(loop, goneAt, exchange);
    });

    struct Body {
        static net::Task<void> run(Tunnel& t, std::chrono::steady_clock::time_point& cancelledAt) {
            auto call = co_await t.start(http::BodyFraming::none(), "GET");
            co_await t.pause(50ms);
            EXPECT_EQ(t.acceptor->running(), 1U);
            cancelledAt = std::chrono::steady_clock::now();
            call.reset();
            co_await t.pause(50ms);
        }
    };

    std::chrono::steady_clock::time_point cancelledAt;
    run(Body::run(*this, cancelledAt));

    ASSERT_TRUE(goneAt);
    EXPECT_LT(*goneAt - cancelledAt, 1s);
    EXPECT_EQ(acceptor->running(), 0U);
}

TEST_F(Tunnel, MakesAHandlerThatSaysNothingA500AndOneThatBreaksOffAnError) {
    struct Server {
        static net::Task<void> misbehave(http::Exchange& exchange, const StreamInfo&) {
            if (exchange.request().method == "GET") co_return;
            if (exchange.request().method == "PUT") throw std::runtime_error("a handler's bug");
            http::ResponseHead head;
            head.body = http::BodyFraming::chunked();
            (void)co_await exchange.respond(std::move(head));
            (void)co_await exchange.writeBody(asBytes("half of"));
        }
    };

    startGateway(Server::misbehave);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            for (const auto* method : {"GET", "PUT"}) {
                auto call = co_await t.start(http::BodyFraming::none(), method);
                const auto head = co_await call->readHead();
                EXPECT_EQ(head ? head->status : 0, 500) << method;
            }
            auto call = co_await t.start(http::BodyFraming::none(), "POST");
            const auto head = co_await call->readHead();
            Bytes buffer(100);
            auto count = co_await call->readBody(buffer);
            while (count && *count > 0) count = co_await call->readBody(buffer);
            EXPECT_FALSE(count.has_value());
            EXPECT_EQ(call->outcome(), http::Outcome::Unknown);
        }
    };

    run(Body::run(*this));
}

TEST_F(Tunnel, AnAnswerShorterThanItsHeadSaysIsAnErrorNotAnAnswer) {
    struct Server {
        static net::Task<void> promiseTooMuch(http::Exchange& exchange, const StreamInfo&) {
            http::ResponseHead head;
            head.body = http::BodyFraming::ofLength(100'000);
            (void)co_await exchange.respond(std::move(head));
            (void)co_await exchange.writeBody(asBytes("short"));
            const auto finished = co_await exchange.finish();
            EXPECT_FALSE(finished.has_value());
        }
    };

    startGateway(Server::promiseTooMuch);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::none(), "GET");
            const auto head = co_await call->readHead();
            if (!head) co_return;
            const auto total = co_await t.readPattern(*call);
            EXPECT_FALSE(total.has_value());
        }
    };

    run(Body::run(*this));
}

TEST_F(Tunnel, ALinkThatDiesInATransferIsAVisibleErrorOnBothSides) {
    bool handlerSawError = false;

    struct Server {
        static net::Task<void> upload(bool& sawError, http::Exchange& exchange) {
            Bytes buffer(1000);
            for (;;) {
                const auto count = co_await exchange.readBody(buffer);
                if (!count) {
                    sawError = true;
                    co_return;
                }
                if (*count == 0) co_return;
            }
        }
    };

    startGateway([&](http::Exchange& exchange, const StreamInfo&) {
        return Server::upload(handlerSawError, exchange);
    });

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::chunked());
            EXPECT_TRUE(co_await writePattern(*call, 100'000));
            co_await t.pause(20ms);
            t.gatewayBus.linkDown();
            auto written = Result<>{};
            while (written) {
                written = co_await writePattern(*call, 500'000);
            }
            EXPECT_EQ(call->outcome(), http::Outcome::Unknown);
            EXPECT_TRUE(written.error().is(kLost)) << written.error().message();
            co_await t.pause(400ms);
            t.gatewayBus.linkUp();
            co_await t.pause(100ms);
        }
    };

    run(Body::run(*this));

    EXPECT_TRUE(handlerSawError);
    EXPECT_EQ(acceptor->running(), 0U);
    EXPECT_EQ(gatewayPool.used(), 0U);
}

TEST_F(Tunnel, StopsWhenTheRunningStreamsAreOverAndTakesNoNewOnes) {
    startGateway(download);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::none(), "GET");
            EXPECT_TRUE((co_await call->readHead()).has_value());
            bool isStopped = false;
            net::asio::co_spawn(t.loop,
                                t.acceptor->stop(5s * pcg::test::kSlowdown),
                                [&](std::exception_ptr) { isStopped = true; });
            co_await t.pause(30ms);
            EXPECT_FALSE(isStopped);
            auto late = co_await t.start(http::BodyFraming::none(), "GET");
            EXPECT_FALSE((co_await late->readHead()).has_value());
            EXPECT_EQ(late->outcome(), http::Outcome::NotDispatched);
            const auto total = co_await t.readPattern(*call);
            EXPECT_EQ(total.value_or(0), kDownload);
            co_await t.pause(50ms);
            EXPECT_TRUE(isStopped);
        }
    };

    run(Body::run(*this));
}

TEST_F(Tunnel, ACallThatOutlivesItsConnectorKeepsThePoolUntilItEnds) {
    startGateway(download);
    auto pool = std::make_shared<stream::WindowPool>(8_MiB, &ingressPool);
    const std::weak_ptr<stream::WindowPool> watched = pool;
    auto other = std::make_unique<Connector>(loop,
                                             ingressBus,
                                             wire::InstanceId::unchecked("00000000000000cc"),
                                             std::move(pool),
                                             random,
                                             impatient());
    ASSERT_TRUE(other->start());
    caller = other->caller({.gateway = kGateway, .endpoint = kEndpoint});
    std::unique_ptr<http::Call> call;

    struct Body {
        static net::Task<void> run(Tunnel& t,
                                   std::unique_ptr<http::Call>& call,
                                   std::unique_ptr<Connector>& other) {
            call = co_await t.start(http::BodyFraming::none(), "GET");
            EXPECT_TRUE((co_await call->readHead()).has_value());
            other.reset();
            t.caller.reset();
            const auto read = co_await t.readPattern(*call);
            EXPECT_FALSE(read.has_value());
        }
    };

    run(Body::run(*this, call, other));

    EXPECT_FALSE(watched.expired());
    call.reset();
    EXPECT_TRUE(watched.expired());
    EXPECT_EQ(ingressPool.used(), 0U);
}

TEST_F(Tunnel, CutsWhatIsStillRunningWhenTheDrainIsOver) {
    startGateway(download);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::none(), "GET");
            EXPECT_TRUE((co_await call->readHead()).has_value());
            co_await t.acceptor->stop(20ms);
            EXPECT_EQ(t.acceptor->running(), 0U);
        }
    };

    run(Body::run(*this));
}

}  // namespace
}  // namespace pcg::tunnel
