// SPDX-License-Identifier: Apache-2.0
// Connector and Acceptor over a bus in memory. For tests.
#pragma once

#include "common/base/clock.h"
#include "common/http/errc.h"
#include "common/tunnel/acceptor.h"
#include "common/tunnel/connector.h"
#include "common/tunnel/errc.h"
#include "common/wire/subjects.h"
#include "test/fakes/fake_bus.h"
#include "test/support/sanitized.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::tunnel::test {

using namespace std::chrono_literals;

inline const auto kGateway = wire::UserNkey::unchecked("U" + std::string(55, 'A'));
inline const auto kEndpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000");
inline const auto kIngressInstance = wire::InstanceId::unchecked("00000000000000aa");
inline const auto kGatewayInstance = wire::InstanceId::unchecked("00000000000000bb");

// Short periods, so that a test of silence takes less than a second.
inline stream::Limits impatient() {
    stream::Limits limits;
    limits.syncPeriod = 50ms;
    limits.silenceLimit = 300ms;
    limits.reconnectGrace = 100ms;
    return limits;
}

inline constexpr std::size_t kBulkHeld = 512_KiB;

inline std::uint8_t patternAt(std::size_t offset) {
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

    // Runs the loop until the test's coroutine is done, ten seconds at most (of an ordinary build).
    void run(net::Task<void> task) {
        bool isDone = false;
        net::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown) {
            isDone = true;
            EXPECT_FALSE(thrown);
        });
        const auto deadline = std::chrono::steady_clock::now() + 10s * pcg::test::kSlowdown;
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
    pcg::test::SeededRandom random;
    Connector connector{loop, ingressBus, kIngressInstance, ingressPool, random, impatient()};
    std::unique_ptr<http::Caller> caller =
        connector.caller({.gateway = kGateway, .endpoint = kEndpoint});
    std::unique_ptr<Acceptor> acceptor;
};

inline net::Task<void> echo(http::Exchange& exchange, const StreamInfo& info) {
    auto body = co_await http::readWholeBody(exchange, 1_MiB);
    if (!body) co_return;
    http::ResponseHead head;
    head.headers.add("X-Endpoint", info.endpoint.text());
    head.headers.add("X-Target", exchange.request().target);
    (void)co_await http::respondWhole(exchange, std::move(head), *body);
}

inline constexpr std::size_t kDownload = 16_MiB;

inline net::Task<void> download(http::Exchange& exchange, const StreamInfo&) {
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

}  // namespace pcg::tunnel::test
