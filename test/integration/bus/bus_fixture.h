// SPDX-License-Identifier: Apache-2.0
// A real nats-server behind the fault proxy, a CA, and buses that trust it.
#pragma once

#include "common/bus/errc.h"
#include "common/bus/nats_bus.h"
#include "common/net/deadline.h"
#include "common/net/loop_monitor.h"
#include "test/support/link/certificates.h"
#include "test/support/link/fault_proxy.h"
#include "test/support/link/nats_server.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <vector>

namespace pcg::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BusFixture : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(NatsServer::available())
            << "nats-server is missing: apt-get install nats-server";
    }

    static std::shared_ptr<net::Dialer> dialerFor(net::Trust trust,
                                                  net::Dialer::Limits limits = {}) {
        auto context = net::TlsClientContext::create(std::move(trust));
        EXPECT_TRUE(context) << context.error().message();
        return std::make_shared<net::Dialer>(
            *context, std::make_shared<net::DirectRoute>(), limits);
    }

    bus::NatsBusOptions optionsFor(std::uint16_t port) const {
        bus::NatsBusOptions options;
        options.name = "test";
        options.broker = {"127.0.0.1", port};
        options.inboxPrefix = "_INBOX_test";
        options.backoffCap = milliseconds(200);
        return options;
    }

    std::unique_ptr<bus::NatsBus> newBus(std::uint16_t port) { return newBus(optionsFor(port)); }

    std::unique_ptr<bus::NatsBus> newBus(bus::NatsBusOptions options) {
        net::Trust trust = net::TrustCa{ca.pem()};
        auto bus = std::make_unique<bus::NatsBus>(
            loop, dialerFor(std::move(trust)), std::move(options), random);
        bus->start();
        return bus;
    }

    // Runs the loop until the condition holds; false when it does not within the limit.
    template <class Condition>
    bool runUntil(Condition condition, milliseconds limit = seconds(20)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        loop.restart();
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            loop.run_one_for(milliseconds(50));
        }
        return true;
    }

    bool runUntilUp(const bus::NatsBus& bus, std::uint64_t epoch = 1) {
        return runUntil([&] { return bus.state() == bus::LinkState::Up && bus.epoch() >= epoch; });
    }

    // Up, and the broker has its subscriptions: the echo of its own message, sent after them, says
    // so. Two links race to the broker, so whoever publishes on one for the other waits for this.
    bool runUntilServing(bus::NatsBus& bus, std::uint64_t epoch = 1) {
        if (!runUntilUp(bus, epoch)) return false;
        std::vector<std::string> echoes;
        const auto echo = bus.subscribe("echo", {}, into(echoes));
        return echo && bus.publish("echo", {}) && runUntil([&] { return !echoes.empty(); });
    }

    void stop(bus::NatsBus& bus, milliseconds drain = seconds(5)) {
        bool stopped = false;
        net::asio::co_spawn(loop, stopInto(bus, drain, stopped), net::asio::detached);
        EXPECT_TRUE(runUntil([&] { return stopped; }));
    }

    static net::Task<void> stopInto(bus::NatsBus& bus, milliseconds drain, bool& stopped) {
        co_await bus.stop(drain);
        stopped = true;
    }

    static bus::SubscriptionHandlers into(std::vector<std::string>& received) {
        bus::SubscriptionHandlers handlers;
        handlers.onMessage = [&received](const bus::Message& message) {
            received.emplace_back(asText(message.payload));
        };
        return handlers;
    }

    net::Loop loop{1};
    SeededRandom random;
    TestCa ca;
};

}  // namespace pcg::test
