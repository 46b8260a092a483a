// SPDX-License-Identifier: Apache-2.0
// The broker dies, comes back, and dies again: subscriptions survive, nothing stale is replayed,
// nothing leaks.
#include "test/integration/bus/bus_fixture.h"

namespace pcg::test {
namespace {

struct BusRestart : BusFixture {
    bus::NatsBusOptions hasty(std::uint16_t port) const {
        auto options = optionsFor(port);
        options.backoffBase = milliseconds(2);
        options.backoffCap = milliseconds(20);
        return options;
    }

    NatsServer server{ca.issue()};
};

TEST_F(BusRestart, SubscriptionsSurviveTwoHundredKills) {
    const auto bus = newBus(hasty(server.port()));
    std::vector<std::string> received;
    const auto subscription = bus->subscribe("a", {}, into(received));
    const auto other = bus->subscribe("b.>", "group", into(received));
    ASSERT_TRUE(runUntilUp(*bus));
    for (std::uint64_t round = 1; round <= 200; ++round) {
        received.clear();
        ASSERT_TRUE(bus->publish("a", asBytes("x")) && bus->publish("b.c", asBytes("y")));
        ASSERT_TRUE(runUntil([&] { return received.size() == 2; })) << round;
        const Bytes unsent(200'000, 'z');
        (void)bus->publish("nobody", unsent);  // something in the buffers when it dies
        server.kill();
        server.restart();
        ASSERT_TRUE(runUntilUp(*bus, round + 1)) << round;
    }
}

TEST_F(BusRestart, SurvivesTwoHundredCutsWhilePublishing) {
    FaultProxy proxy(server.port());
    const auto bus = newBus(hasty(proxy.port()));
    std::size_t received = 0;
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [&received](const bus::Message&) { ++received; };
    const auto subscription = bus->subscribe("a", {}, handlers);
    const Bytes chunk(20'000, 'x');
    for (std::uint64_t round = 1; round <= 200; ++round) {
        ASSERT_TRUE(runUntilUp(*bus, round)) << round;
        const std::size_t before = received;
        for (int i = 0; i < 20; ++i) (void)bus->publish("a", chunk);
        // Cut at different depths: at once, and after some came back.
        ASSERT_TRUE(runUntil([&] { return received >= before + round % 4; })) << round;
        proxy.cut();
    }
}

TEST_F(BusRestart, ReplaysNothingThatWasPublishedBeforeOrDuringTheOutage) {
    const auto bus = newBus(hasty(server.port()));
    std::vector<std::string> received;
    const auto subscription = bus->subscribe("a", {}, into(received));
    ASSERT_TRUE(runUntilUp(*bus));
    server.pause();
    ASSERT_TRUE(bus->publish("a", asBytes("buffered before")));
    server.kill();
    ASSERT_TRUE(runUntil([&] { return bus->state() != bus::LinkState::Up; }));
    EXPECT_EQ(bus->publish("a", asBytes("during")).error().code(), bus::kDown);
    EXPECT_EQ(bus->bufferedBytes(), 0U);
    server.restart();
    ASSERT_TRUE(runUntilUp(*bus, 2));
    ASSERT_TRUE(bus->publish("a", asBytes("after")));
    ASSERT_TRUE(runUntil([&] { return !received.empty(); }));
    EXPECT_EQ(received, std::vector<std::string>{"after"});
}

net::Task<void> ask(bus::NatsBus& bus, std::optional<Result<Bytes>>& answer) {
    Bytes question(1, '?');
    answer.emplace(co_await bus.request("svc", std::move(question), milliseconds(60'000)));
}

TEST_F(BusRestart, ARequestInFlightFailsAtOnceWhenTheLinkBreaks) {
    FaultProxy proxy(server.port());
    const auto bus = newBus(hasty(proxy.port()));
    bool asked = false;
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [&asked](const bus::Message&) { asked = true; };  // never answers
    const auto service = bus->subscribe("svc", {}, handlers);
    ASSERT_TRUE(runUntilUp(*bus));
    std::optional<Result<Bytes>> answer;
    net::asio::co_spawn(loop, ask(*bus, answer), net::asio::detached);
    ASSERT_TRUE(runUntil([&] { return asked; }));
    proxy.cut();
    ASSERT_TRUE(runUntil([&] { return answer.has_value(); }, seconds(5)));
    ASSERT_FALSE(*answer);
    EXPECT_EQ(answer->error().code(), bus::kDown);
}

TEST_F(BusRestart, KeepsTryingWhileNobodyListensAndSaysWhy) {
    server.kill();
    const auto bus = newBus(hasty(server.port()));
    ASSERT_TRUE(runUntil([&] { return bus->status().failedAttempts >= 5; }));
    const auto status = bus->status();
    EXPECT_NE(status.lastFailure->message().find("refused"), std::string::npos)
        << status.lastFailure->message();
    server.restart();
    EXPECT_TRUE(runUntilUp(*bus));
}

TEST_F(BusRestart, ReconnectNowDoesNotWaitForTheBackoff) {
    auto options = optionsFor(server.port());
    options.backoffBase = milliseconds(3'600'000);
    options.backoffCap = milliseconds(3'600'000);
    const auto bus = newBus(options);
    ASSERT_TRUE(runUntilUp(*bus));
    bus->reconnectNow("new credentials");
    EXPECT_TRUE(runUntilUp(*bus, 2));
    EXPECT_EQ(bus->status().lastFailure->message(), "new credentials");
}

TEST_F(BusRestart, StopsAtOnceWhileWaitingOrConnecting) {
    server.kill();
    auto options = optionsFor(server.port());
    options.backoffBase = milliseconds(3'600'000);
    options.backoffCap = milliseconds(3'600'000);
    const auto bus = newBus(options);
    ASSERT_TRUE(runUntil([&] { return bus->status().failedAttempts == 1; }));
    const auto begin = std::chrono::steady_clock::now();
    stop(*bus);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
}

}  // namespace
}  // namespace pcg::test
