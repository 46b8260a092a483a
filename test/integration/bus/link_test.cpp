// SPDX-License-Identifier: Apache-2.0
// What a link promises while the broker behaves.
#include "test/integration/bus/bus_fixture.h"

namespace pcg::test {
namespace {

struct BusLink : BusFixture {
    NatsServer server{ca.issue()};
};

TEST_F(BusLink, ComesUpAndDeliversInOrder) {
    const auto bus = newBus(server.port());
    std::vector<std::string> received;
    const auto subscription = bus->subscribe("a.*", {}, into(received));
    ASSERT_TRUE(subscription);
    EXPECT_EQ(bus->publish("a.b", asBytes("early")).error().code(), bus::kDown);
    ASSERT_TRUE(runUntilUp(*bus));
    for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(bus->publish("a.b", asBytes(std::to_string(i))));
    ASSERT_TRUE(runUntil([&] { return received.size() == 1'000; }));
    for (int i = 0; i < 1'000; ++i)
        ASSERT_EQ(received[static_cast<std::size_t>(i)], std::to_string(i));
    EXPECT_NE(bus->status().session.find("TLSv1.3"), std::string::npos);
    stop(*bus);
    EXPECT_EQ(bus->state(), bus::LinkState::Closed);
    EXPECT_EQ(bus->publish("a.b", {}).error().code(), bus::kStopped);
}

TEST_F(BusLink, CarriesAMessageOfTheLargestSize) {
    const auto bus = newBus(server.port());
    std::vector<std::string> received;
    const auto subscription = bus->subscribe("big", {}, into(received));
    ASSERT_TRUE(runUntilUp(*bus));
    Bytes payload(1'048'576);
    random.fill(payload);
    ASSERT_TRUE(bus->publish("big", payload));
    ASSERT_TRUE(runUntil([&] { return received.size() == 1; }));
    EXPECT_TRUE(received[0] == asText(payload));
    payload.push_back(0);
    EXPECT_EQ(bus->publish("big", payload).error().code(), bus::kTooLarge);
}

TEST_F(BusLink, SharesAQueueGroupAmongTwoBuses) {
    const auto left = newBus(server.port());
    const auto right = newBus(server.port());
    std::vector<std::string> one;
    std::vector<std::string> two;
    const auto first = left->subscribe("q", "gw", into(one));
    const auto second = right->subscribe("q", "gw", into(two));
    ASSERT_TRUE(runUntilServing(*left) && runUntilServing(*right));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(left->publish("q", asBytes("x")));
    ASSERT_TRUE(runUntil([&] { return one.size() + two.size() == 200; }));
    EXPECT_GT(one.size(), 0U);
    EXPECT_GT(two.size(), 0U);
}

// How one link takes the place of another without losing a message on the way.
TEST_F(BusLink, DrainingLeavesTheGroupAndStillDeliversWhatIsUnderWay) {
    const auto leaving = newBus(server.port());
    const auto staying = newBus(server.port());
    const auto sender = newBus(server.port());
    std::size_t one = 0;
    std::vector<std::string> two;
    std::unique_ptr<bus::Subscription> first;
    bus::SubscriptionHandlers handlers;
    // With the first message of a burst the rest of it is under way.
    handlers.onMessage = [&](const bus::Message&) {
        if (++one == 1) first->drain();
    };
    first = *leaving->subscribe("q", "gw", std::move(handlers));
    const auto second = staying->subscribe("q", "gw", into(two));
    ASSERT_TRUE(runUntilServing(*leaving) && runUntilServing(*staying) && runUntilUp(*sender));
    const auto publish = [&](int count) {
        for (int i = 0; i < count; ++i) ASSERT_TRUE(sender->publish("q", asBytes("x")));
    };
    publish(1'000);

    ASSERT_TRUE(runUntil([&] { return one + two.size() == 1'000; }));

    EXPECT_GT(one, 1U) << "what was under way came";
    bool hasLeft = false;
    for (int round = 0; round < 50 && !hasLeft; ++round) {
        const auto before = one;
        const auto total = one + two.size() + 50;
        publish(50);
        ASSERT_TRUE(runUntil([&] { return one + two.size() == total; })) << "nothing is lost";
        hasLeft = one == before;
    }
    EXPECT_TRUE(hasLeft);
    stop(*leaving);
}

TEST_F(BusLink, TriesItsBrokersInTurn) {
    auto options = optionsFor(1);  // nobody listens there
    options.alternates = {{"127.0.0.1", server.port()}};
    const auto bus = newBus(std::move(options));
    EXPECT_TRUE(runUntilUp(*bus));
}

TEST_F(BusLink, TellsExactlyWhichRequestFoundNobody) {
    const auto bus = newBus(server.port());
    std::vector<int> told;
    std::vector<std::unique_ptr<bus::Subscription>> slots;
    for (int i = 0; i < 8; ++i) {
        bus::SubscriptionHandlers handlers;
        handlers.onNoResponders = [&told, i] { told.push_back(i); };
        slots.push_back(
            std::move(*bus->subscribe("_INBOX_cp.0123." + std::to_string(i), {}, handlers)));
    }
    ASSERT_TRUE(runUntilUp(*bus));
    ASSERT_TRUE(bus->publish("nobody.here", asBytes("open"), "_INBOX_cp.0123.5"));
    ASSERT_TRUE(runUntil([&] { return !told.empty(); }));
    EXPECT_EQ(told, std::vector<int>{5});
}

net::Task<void> ask(bus::NatsBus& bus, std::string subject, std::optional<Result<Bytes>>& answer) {
    Bytes question(1, '?');
    answer.emplace(co_await bus.request(subject, std::move(question), milliseconds(10'000)));
}

TEST_F(BusLink, RequestYieldsTheReplyOrThatNobodyListens) {
    const auto bus = newBus(server.port());
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [&bus](const bus::Message& message) {
        EXPECT_TRUE(bus->publish(message.replyTo, asBytes("!")));
    };
    const auto service = bus->subscribe("svc", {}, handlers);
    ASSERT_TRUE(runUntilUp(*bus));
    std::optional<Result<Bytes>> answer;
    std::optional<Result<Bytes>> nobody;
    net::asio::co_spawn(loop, ask(*bus, "svc", answer), net::asio::detached);
    net::asio::co_spawn(loop, ask(*bus, "nobody", nobody), net::asio::detached);
    ASSERT_TRUE(runUntil([&] { return answer && nobody; }));
    ASSERT_TRUE(*answer) << answer->error().message();
    EXPECT_EQ(asText(**answer), "!");
    ASSERT_FALSE(*nobody);
    EXPECT_EQ(nobody->error().code(), bus::kNoResponders);
}

TEST_F(BusLink, UnsubscribedHandlersAreNotCalledAgain) {
    const auto bus = newBus(server.port());
    std::vector<std::string> received;
    std::vector<std::string> marker;
    auto subscription = std::move(*bus->subscribe("a", {}, into(received)));
    const auto other = bus->subscribe("b", {}, into(marker));
    ASSERT_TRUE(runUntilUp(*bus));
    ASSERT_TRUE(bus->publish("a", asBytes("1")));
    ASSERT_TRUE(runUntil([&] { return received.size() == 1; }));
    subscription.reset();
    ASSERT_TRUE(bus->publish("a", asBytes("2")));
    ASSERT_TRUE(bus->publish("b", asBytes("end")));
    ASSERT_TRUE(runUntil([&] { return marker.size() == 1; }));
    EXPECT_EQ(received.size(), 1U);
}

TEST_F(BusLink, StopPutsEverythingOnTheWireFirst) {
    const auto reader = newBus(server.port());
    const auto writer = newBus(server.port());
    std::size_t received = 0;
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [&received](const bus::Message& message) {
        received += message.payload.size();
    };
    const auto subscription = reader->subscribe("bulk", {}, handlers);
    ASSERT_TRUE(runUntilServing(*reader) && runUntilUp(*writer));
    const Bytes chunk(512 * 1024, 'x');
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(writer->publish("bulk", chunk));
    EXPECT_GT(writer->bufferedBytes(), 1024U * 1024U);
    stop(*writer);
    EXPECT_TRUE(runUntil([&] { return received == 6 * chunk.size(); }));
}

TEST_F(BusLink, SaysWhenItIsCongestedAndWhenItIsWritableAgain) {
    const auto bus = newBus(server.port());
    int writable = 0;
    bus->observe({nullptr, [&writable] { ++writable; }});
    ASSERT_TRUE(runUntilUp(*bus));
    const Bytes chunk(512 * 1024, 'x');
    Result<> last;
    int taken = 0;
    for (; taken < 100 && last; ++taken) last = bus->publish("nobody", chunk);
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code(), bus::kCongested);
    EXPECT_LE(bus->bufferedBytes(), 5U * 1024U * 1024U);
    EXPECT_TRUE(runUntil([&] { return writable > 0; }));
    EXPECT_TRUE(bus->publish("nobody", chunk));
}

TEST_F(BusLink, DestroyingItWhileItConnectsOrRunsIsClean) {
    for (int i = 0; i < 20; ++i) {
        auto bus = newBus(server.port());
        auto subscription = bus->subscribe("a", {}, {});
        if (i % 2 == 0) {
            ASSERT_TRUE(runUntilUp(*bus));
            ASSERT_TRUE(bus->publish("a", asBytes("x")));
        } else {
            loop.restart();
            for (int step = 0; step < i; ++step) loop.poll_one();
        }
        bus.reset();
        loop.restart();
        loop.poll();
    }
    loop.restart();
    loop.run_for(milliseconds(200));
}

}  // namespace
}  // namespace pcg::test
