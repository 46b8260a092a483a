// SPDX-License-Identifier: Apache-2.0
// Transfers through Connector and Acceptor over a real nats-server: whole, in flat memory, and
// visibly broken when the broker dies.
#include "test/integration/tunnel/transfer.h"

#include "common/tunnel/acceptor.h"
#include "common/tunnel/connector.h"
#include "common/tunnel/errc.h"
#include "test/integration/bus/bus_fixture.h"
#include "test/support/sanitized.h"

namespace pcg::test {
namespace {

using namespace std::chrono_literals;

const auto kGateway = wire::UserNkey::unchecked("U" + std::string(55, 'A'));
const auto kEndpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000");

struct TunnelOverNats : BusFixture {
    void SetUp() override {
        BusFixture::SetUp();
        if (HasFatalFailure()) return;
        server = std::make_unique<NatsServer>(ca.issue());
        ingressBus = newBus(server->port());
        gatewayBus = newBus(server->port());
        connector = std::make_unique<tunnel::Connector>(
            loop, *ingressBus, wire::newId<wire::InstanceId>(random), ingressPool, random);
        acceptor = std::make_unique<tunnel::Acceptor>(
            loop,
            *gatewayBus,
            kGateway,
            wire::newId<wire::InstanceId>(random),
            gatewayPool,
            [this](http::Exchange& exchange, const tunnel::StreamInfo&) {
                return serve(loop, seen, exchange);
            });
        ASSERT_TRUE(connector->start());
        ASSERT_TRUE(acceptor->start());
        ASSERT_TRUE(runUntilServing(*ingressBus) && runUntilServing(*gatewayBus));
        caller = connector->caller({.gateway = kGateway, .endpoint = kEndpoint});
    }

    void TearDown() override {
        acceptor.reset();
        connector.reset();
        runFor(50ms);
    }

    void runFor(milliseconds time) {
        loop.restart();
        loop.run_for(time);
    }

    bool run(net::Task<void> task, milliseconds limit = seconds(100 * kSlowdown)) {
        bool isDone = false;
        net::asio::co_spawn(
            loop, std::move(task), [&](std::exception_ptr thrown) { isDone = !thrown; });
        return runUntil([&] { return isDone; }, limit);
    }

    net::Task<Result<std::unique_ptr<http::Call>>> start(std::string method,
                                                         std::string target,
                                                         http::BodyFraming framing) {
        http::RequestHead head;
        head.method = std::move(method);
        head.target = std::move(target);
        head.body = framing;
        co_return co_await caller->start(std::move(head));
    }

    net::Task<void> pause(milliseconds time) {
        net::Timer timer(loop);
        timer.expires_after(time);
        (void)co_await timer.async_wait(net::kAwaitTuple);
    }

    std::unique_ptr<NatsServer> server;
    stream::WindowPool ingressPool{wire::kMaxGlobalWindow};
    stream::WindowPool gatewayPool{wire::kMaxGlobalWindow};
    Seen seen;
    std::unique_ptr<bus::NatsBus> ingressBus;
    std::unique_ptr<bus::NatsBus> gatewayBus;
    std::unique_ptr<tunnel::Connector> connector;
    std::unique_ptr<tunnel::Acceptor> acceptor;
    std::unique_ptr<http::Caller> caller;
};

net::Task<void> uploadOnce(TunnelOverNats& t, ByteCount size) {
    auto call = co_await t.start("PUT", "/", http::BodyFraming::ofLength(size));
    if (!call) {
        ADD_FAILURE() << call.error().message();
        co_return;
    }
    const auto written = co_await writePattern(**call, size);
    EXPECT_TRUE(written) << written.error().message();
    (void)co_await (*call)->finishRequest();
    const auto head = co_await (*call)->readHead();
    EXPECT_TRUE(head) << head.error().message();
    Bytes digest(32);
    const auto count = co_await (*call)->readBody(digest);
    EXPECT_EQ(count.value_or(0), 32U);
    const auto expected = patternDigest(size);
    EXPECT_EQ(toHex(digest), toHex(expected));
}

net::Task<void> downloadOnce(TunnelOverNats& t, ByteCount size) {
    auto call = co_await t.start("GET", "/" + std::to_string(size), http::BodyFraming::none());
    if (!call) {
        ADD_FAILURE() << call.error().message();
        co_return;
    }
    (void)co_await (*call)->finishRequest();
    const auto head = co_await (*call)->readHead();
    EXPECT_TRUE(head) << head.error().message();
    const auto received = co_await readAll(**call);
    EXPECT_TRUE(received) << received.error().message();
    if (!received) co_return;
    EXPECT_EQ(received->size, size);
    const auto expected = patternDigest(size);
    EXPECT_EQ(toHex(received->digest), toHex(expected));
}

TEST_F(TunnelOverNats, CarriesUpToAQuarterOfAGibibyteBothWaysInFlatMemory) {
    const auto before = residentBytes();
    for (const ByteCount size : {1_MiB, 16_MiB, 256_MiB}) {
        const auto begin = std::chrono::steady_clock::now();
        ASSERT_TRUE(run(uploadOnce(*this, size)));
        const auto middle = std::chrono::steady_clock::now();
        ASSERT_TRUE(run(downloadOnce(*this, size)));
        const auto end = std::chrono::steady_clock::now();
        const auto rate = [&](auto time) {
            return static_cast<double>(size) / 1e6 / std::chrono::duration<double>(time).count();
        };
        std::printf("%4llu MiB: up %.0f MB/s, down %.0f MB/s\n",
                    static_cast<unsigned long long>(size >> 20),
                    rate(middle - begin),
                    rate(end - middle));
    }
    const auto grown = residentBytes() - std::min(before, residentBytes());
    std::printf("resident memory grew by %llu KiB\n",
                static_cast<unsigned long long>(grown / 1024));
    if (!kSanitized) {
        EXPECT_LT(grown, 48_MiB);
    }  // both ends, two buses
    EXPECT_EQ(ingressPool.used() + gatewayPool.used(), 0U);
}

net::Task<void> readSlowly(TunnelOverNats& t, ByteCount& mostResident) {
    auto call = co_await t.start("GET", "/268435456", http::BodyFraming::none());
    if (!call) co_return;
    (void)co_await (*call)->finishRequest();
    (void)co_await (*call)->readHead();
    Bytes buffer(16 * 1024);
    for (int i = 0; i < 100; ++i) {
        (void)co_await (*call)->readBody(buffer);
        co_await t.pause(20ms);
        mostResident = std::max(mostResident, residentBytes());
    }
}

TEST_F(TunnelOverNats, ASlowReaderCostsAWindowNotTheTransfer) {
    ASSERT_TRUE(run(downloadOnce(*this, 1_MiB)));
    const auto before = residentBytes();
    ByteCount most = before;
    ASSERT_TRUE(run(readSlowly(*this, most)));

    if (!kSanitized) {
        EXPECT_LT(most - before, 32_MiB);
    }
}

net::Task<void> smallCalls(TunnelOverNats& t, std::vector<milliseconds>& took) {
    for (int i = 0; i < 50; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        co_await downloadOnce(t, 100);
        took.push_back(
            std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin));
        co_await t.pause(10ms);
    }
}

TEST_F(TunnelOverNats, AStalledReaderDoesNotHoldUpOtherCalls) {
    ByteCount most = 0;
    bool isOver = false;
    net::asio::co_spawn(loop, readSlowly(*this, most), [&](std::exception_ptr) { isOver = true; });
    std::vector<milliseconds> took;
    ASSERT_TRUE(run(smallCalls(*this, took)));
    std::sort(took.begin(), took.end());
    EXPECT_LT(took[took.size() * 9 / 10], 100ms);
    ASSERT_TRUE(runUntil([&] { return isOver; }));
}

net::Task<void> pollAndCancel(TunnelOverNats& t, milliseconds open, SteadyTime& cancelledAt) {
    auto call = co_await t.start("POST", "/", http::BodyFraming::none());
    if (!call) co_return;
    (void)co_await (*call)->finishRequest();
    co_await t.pause(open);
    EXPECT_FALSE(t.seen.clientGone);
    EXPECT_EQ(t.acceptor->running(), 1U);
    cancelledAt = std::chrono::steady_clock::now();
    call->reset();
    co_await t.pause(500ms);
}

TEST_F(TunnelOverNats, ALongPollStaysOpenAndItsCancellationArrivesWithinASecond) {
    SteadyTime cancelledAt;
    ASSERT_TRUE(run(pollAndCancel(*this, wire::kSilenceLimit + 2s, cancelledAt)));

    ASSERT_TRUE(seen.clientGone);
    EXPECT_LT(seen.goneAt - cancelledAt, 1s);
    EXPECT_EQ(acceptor->running(), 0U);
}

net::Task<void> downloadUntilBroken(TunnelOverNats& t, Error& error, http::Outcome& outcome) {
    auto call = co_await t.start("GET", "/10000000000", http::BodyFraming::none());
    if (!call) co_return;
    (void)co_await (*call)->finishRequest();
    (void)co_await (*call)->readHead();
    Bytes buffer(64 * 1024);
    ByteCount total = 0;
    bool isKilled = false;
    for (;;) {
        const auto count = co_await (*call)->readBody(buffer);
        if (!count) {
            error = count.error();
            outcome = (*call)->outcome();
            co_return;
        }
        EXPECT_GT(*count, 0U) << "a clean end";
        if (*count == 0) co_return;
        total += *count;
        if (total > 8_MiB && !isKilled) {
            isKilled = true;
            t.server->kill();
            t.server->restart();
        }
    }
}

TEST_F(TunnelOverNats, AKilledBrokerIsAVisibleErrorOnBothSidesAndServiceComesBack) {
    Error error(tunnel::kOffline, "none");
    auto outcome = http::Outcome::Complete;
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(run(downloadUntilBroken(*this, error, outcome)));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 40s);
    EXPECT_TRUE(error.is(tunnel::kLost)) << error.message();
    EXPECT_EQ(outcome, http::Outcome::Unknown);

    ASSERT_TRUE(
        runUntil([&] { return acceptor->running() == 0 && connector->openStreams() == 0; }));
    EXPECT_EQ(seen.broken, 1U);
    ASSERT_TRUE(runUntilServing(*ingressBus, 2) && runUntilServing(*gatewayBus, 2));
    ASSERT_TRUE(run(downloadOnce(*this, 1_MiB)));
    EXPECT_EQ(ingressPool.used() + gatewayPool.used(), 0U);
}

net::Task<void> callNobody(TunnelOverNats& t, http::Outcome& outcome) {
    auto call = co_await t.start("GET", "/1", http::BodyFraming::none());
    if (!call) co_return;
    (void)co_await (*call)->finishRequest();
    const auto head = co_await (*call)->readHead();
    EXPECT_FALSE(head);
    outcome = (*call)->outcome();
}

TEST_F(TunnelOverNats, TheBrokerSaysAtOnceThatTheGatewayIsOffline) {
    acceptor.reset();
    ASSERT_TRUE(runUntilServing(*gatewayBus));  // the broker knows that it is gone
    auto outcome = http::Outcome::Complete;
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(run(callNobody(*this, outcome)));

    EXPECT_EQ(outcome, http::Outcome::NotDispatched);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
}

}  // namespace
}  // namespace pcg::test
