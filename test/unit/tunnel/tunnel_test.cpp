// SPDX-License-Identifier: Apache-2.0
// Connector and Acceptor over a bus in memory.
#include "common/base/clock.h"
#include "common/http/errc.h"
#include "common/tunnel/acceptor.h"
#include "common/tunnel/connector.h"
#include "common/tunnel/errc.h"
#include "common/wire/subjects.h"
#include "test/fakes/fake_bus.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::tunnel {
namespace {

using namespace std::chrono_literals;

const auto kGateway = wire::UserNkey::unchecked("U" + std::string(55, 'A'));
const auto kEndpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000");
const auto kIngressInstance = wire::InstanceId::unchecked("00000000000000aa");
const auto kGatewayInstance = wire::InstanceId::unchecked("00000000000000bb");

// Short periods, so that a test of silence takes less than a second.
stream::Limits impatient() {
    stream::Limits limits;
    limits.syncPeriod = 50ms;
    limits.silenceLimit = 300ms;
    limits.reconnectGrace = 100ms;
    return limits;
}

constexpr std::size_t kBulkHeld = 512_KiB;

std::uint8_t patternAt(std::size_t offset) {
    return static_cast<std::uint8_t>(offset * 7 + offset / 4096);
}

class Tunnel : public testing::Test {
  public:
    void startGateway(StreamHandler handler) {
        acceptor = std::make_unique<Acceptor>(loop,
                                              gatewayBus,
                                              kGateway,
                                              kGatewayInstance,
                                              gatewayPool,
                                              std::move(handler),
                                              impatient());
        ASSERT_TRUE(acceptor->start());
    }

    void SetUp() override { ASSERT_TRUE(connector.start()); }

    void TearDown() override {
        acceptor.reset();
        loop.restart();
        loop.run_for(10ms);
    }

    // Runs the loop until the test's coroutine is done, ten seconds at most.
    void run(net::Task<void> task) {
        bool isDone = false;
        net::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown) {
            isDone = true;
            EXPECT_FALSE(thrown);
        });
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!isDone && std::chrono::steady_clock::now() < deadline) {
            loop.restart();
            loop.run_one_for(100ms);
        }
        ASSERT_TRUE(isDone) << "the test's coroutine is stuck";
    }

    net::Task<void> pause(std::chrono::milliseconds time) {
        net::Timer timer(loop);
        timer.expires_after(time);
        (void)co_await timer.async_wait(net::kAwaitTuple);
    }

    net::Task<std::unique_ptr<http::Call>> start(http::BodyFraming framing,
                                                 std::string method = "POST") {
        http::RequestHead head;
        head.method = std::move(method);
        head.target = "/sdk";
        head.headers.add("SOAPAction", "urn:vim25");
        head.body = framing;
        auto call = co_await caller->start(std::move(head));
        EXPECT_TRUE(call.has_value());
        co_return call ? std::move(*call) : nullptr;
    }

    // Reads to the end; the number of bytes, or the error. Every byte must follow the pattern.
    net::Task<Result<std::size_t>> readPattern(http::Call& call) {
        Bytes buffer(64 * 1024);
        std::size_t total = 0;
        for (;;) {
            auto count = co_await call.readBody(buffer);
            if (!count) co_return fail(std::move(count.error()));
            if (*count == 0) co_return total;
            for (std::size_t i = 0; i < *count; ++i)
                if (buffer[i] != patternAt(total + i)) co_return fail(kLost, "a wrong byte");
            total += *count;
        }
    }

    template <class Writer>
    static net::Task<Result<>> writePattern(Writer& writer, std::size_t total) {
        Bytes chunk(50'000);
        for (std::size_t sent = 0; sent < total;) {
            const auto count = std::min(chunk.size(), total - sent);
            for (std::size_t i = 0; i < count; ++i) chunk[i] = patternAt(sent + i);
            PCG_CO_CHECK(co_await writer.writeBody(BytesView(chunk).first(count)));
            sent += count;
        }
        co_return Result<>{};
    }

    net::Loop loop;
    fakes::FakeBroker broker{loop};
    fakes::FakeBus ingressBus{broker};
    fakes::FakeBus gatewayBus{broker};
    stream::WindowPool ingressPool{wire::kMaxGlobalWindow};
    stream::WindowPool gatewayPool{wire::kMaxGlobalWindow};
    test::SeededRandom random;
    Connector connector{loop, ingressBus, kIngressInstance, ingressPool, random, impatient()};
    std::unique_ptr<http::Caller> caller =
        connector.caller({.gateway = kGateway, .endpoint = kEndpoint});
    std::unique_ptr<Acceptor> acceptor;
};

net::Task<void> echo(http::Exchange& exchange, const StreamInfo& info) {
    auto body = co_await http::readWholeBody(exchange, 1_MiB);
    if (!body) co_return;
    http::ResponseHead head;
    head.headers.add("X-Endpoint", info.endpoint.text());
    head.headers.add("X-Target", exchange.request().target);
    (void)co_await http::respondWhole(exchange, std::move(head), *body);
}

TEST_F(Tunnel, CarriesASmallCallInOneMessageEachWay) {
    startGateway(echo);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::ofLength(5));
            EXPECT_TRUE(co_await call->writeBody(asBytes("hello")));
            EXPECT_TRUE(co_await call->finishRequest());
            auto head = co_await call->readHead();
            EXPECT_TRUE(head.has_value());
            if (!head) co_return;
            EXPECT_EQ(head->status, 200);
            EXPECT_EQ(*head->headers.find("x-endpoint"), kEndpoint.text());
            Bytes buffer(100);
            auto count = co_await call->readBody(buffer);
            EXPECT_EQ(count.value_or(0), 5U);
            EXPECT_EQ((co_await call->readBody(buffer)).value_or(99), 0U);
            EXPECT_EQ(call->outcome(), http::Outcome::Complete);
        }
    };

    run(Body::run(*this));

    EXPECT_EQ(broker.seen().size(), 2U);
    EXPECT_EQ(connector.openStreams(), 0U);
}

TEST_F(Tunnel, SaysNotDispatchedAtOnceWhenTheGatewayIsOffline) {
    struct Body {
        static net::Task<void> run(Tunnel& t) {
            const auto begin = std::chrono::steady_clock::now();
            auto call = co_await t.start(http::BodyFraming::none());
            auto head = co_await call->readHead();
            EXPECT_FALSE(head.has_value());
            if (head) co_return;
            EXPECT_TRUE(head.error().is(kOffline)) << head.error().message();
            EXPECT_EQ(call->outcome(), http::Outcome::NotDispatched);
            EXPECT_LT(std::chrono::steady_clock::now() - begin, 250ms);
        }
    };

    run(Body::run(*this));
}

TEST_F(Tunnel, RefusesACallWhileTheLinkIsDown) {
    startGateway(echo);
    ingressBus.linkDown();

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            http::RequestHead head;
            head.method = "GET";
            head.target = "/";
            auto call = co_await t.caller->start(std::move(head));
            EXPECT_FALSE(call.has_value());
        }
    };

    run(Body::run(*this));
}

net::Task<void> countUpload(http::Exchange& exchange, const StreamInfo&) {
    Bytes buffer(64 * 1024);
    std::size_t total = 0;
    for (;;) {
        auto count = co_await exchange.readBody(buffer);
        if (!count) co_return;
        if (*count == 0) break;
        for (std::size_t i = 0; i < *count; ++i)
            if (buffer[i] != patternAt(total + i)) co_return;
        total += *count;
    }
    http::ResponseHead head;
    const auto text = std::to_string(total);
    (void)co_await http::respondWhole(exchange, std::move(head), asBytes(text));
}

TEST_F(Tunnel, CarriesALongUploadWithFlatMemory) {
    startGateway(countUpload);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::chunked());
            EXPECT_TRUE(co_await writePattern(*call, 16_MiB));
            EXPECT_TRUE(co_await call->finishRequest());
            auto head = co_await call->readHead();
            EXPECT_TRUE(head.has_value());
            Bytes buffer(100);
            const auto count = co_await call->readBody(buffer);
            EXPECT_EQ(asText(BytesView(buffer).first(count.value_or(0))), std::to_string(16_MiB));
            EXPECT_LE(t.gatewayPool.used(), wire::kMaxWindow);
        }
    };

    run(Body::run(*this));
}

constexpr std::size_t kDownload = 16_MiB;

net::Task<void> download(http::Exchange& exchange, const StreamInfo&) {
    http::ResponseHead head;
    head.body = http::BodyFraming::ofLength(kDownload);
    if (!co_await exchange.respond(std::move(head))) co_return;
    Bytes chunk(100'000);
    for (std::size_t sent = 0; sent < kDownload;) {
        const auto count = std::min(chunk.size(), kDownload - sent);
        for (std::size_t i = 0; i < count; ++i) chunk[i] = patternAt(sent + i);
        const auto written = co_await exchange.writeBody(BytesView(chunk).first(count));
        if (!written) co_return;
        sent += count;
    }
    (void)co_await exchange.finish();
}

TEST_F(Tunnel, CarriesALongDownload) {
    startGateway(download);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::none(), "GET");
            EXPECT_TRUE((co_await call->readHead()).has_value());
            const auto total = co_await t.readPattern(*call);
            EXPECT_EQ(total.value_or(0), kDownload);
        }
    };

    run(Body::run(*this));
}

TEST_F(Tunnel, HoldsBackWhatTheBusDoesNotTakeAndLosesNothing) {
    startGateway(download);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::none(), "GET");
            EXPECT_TRUE((co_await call->readHead()).has_value());
            t.gatewayBus.stall(4_MiB);
            co_await t.pause(30ms);
            EXPECT_LE(t.gatewayBus.bufferedBytes(), kBulkHeld);
            t.gatewayBus.resume();
            const auto total = co_await t.readPattern(*call);
            EXPECT_EQ(total.value_or(0), kDownload);
        }
    };

    run(Body::run(*this));
}

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
            net::asio::co_spawn(
                t.loop, t.acceptor->stop(5s), [&](std::exception_ptr) { isStopped = true; });
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
