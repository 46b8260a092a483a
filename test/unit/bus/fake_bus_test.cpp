// SPDX-License-Identifier: Apache-2.0
// The fake is what other modules are tested against, so its own promises are tested first.
#include "test/fakes/fake_bus.h"

#include "common/bus/errc.h"

#include <gtest/gtest.h>

namespace pcg::fakes {
namespace {

struct FakeBusTest : testing::Test {
    bus::SubscriptionHandlers into(std::vector<std::string>& received) {
        bus::SubscriptionHandlers handlers;
        handlers.onMessage = [&received](const bus::Message& message) {
            received.push_back(message.subject + "=" + std::string(asText(message.payload)));
        };
        return handlers;
    }

    net::Loop loop{1};
    FakeBroker broker{loop};
    FakeBus left{broker};
    FakeBus right{broker};
};

TEST_F(FakeBusTest, DeliversByWildcardAfterPublishReturned) {
    std::vector<std::string> received;
    const auto subscription = right.subscribe("a.*", {}, into(received));
    ASSERT_TRUE(left.publish("a.b", asBytes("1")));
    ASSERT_TRUE(left.publish("b.a", asBytes("2")));
    EXPECT_TRUE(received.empty());
    loop.run();
    EXPECT_EQ(received, std::vector<std::string>{"a.b=1"});
}

TEST_F(FakeBusTest, GivesEachMessageToOneMemberOfAQueueGroup) {
    std::vector<std::string> one;
    std::vector<std::string> two;
    const auto first = left.subscribe("q", "gw", into(one));
    const auto second = right.subscribe("q", "gw", into(two));
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(left.publish("q", {}));
    loop.run();
    EXPECT_EQ(one.size(), 5U);
    EXPECT_EQ(two.size(), 5U);
}

TEST_F(FakeBusTest, TellsTheReplySubscriptionThatNobodyListens) {
    int told = 0;
    bus::SubscriptionHandlers handlers;
    handlers.onNoResponders = [&told] { ++told; };
    const auto slot = left.subscribe("_INBOX_cp.1", {}, handlers);
    ASSERT_TRUE(left.publish("nobody", {}, "_INBOX_cp.1"));
    loop.run();
    EXPECT_EQ(told, 1);
}

TEST_F(FakeBusTest, LosesWhatWasUnderWayWhenTheLinkBreaks) {
    std::vector<std::string> received;
    const auto subscription = right.subscribe("a", {}, into(received));
    ASSERT_TRUE(left.publish("a", asBytes("lost")));
    right.linkDown();
    EXPECT_EQ(right.publish("a", {}).error().code(), bus::kDown);
    right.linkUp();
    EXPECT_EQ(right.epoch(), 2U);
    ASSERT_TRUE(left.publish("a", asBytes("after")));
    loop.run();
    EXPECT_EQ(received, std::vector<std::string>{"a=after"});
}

TEST_F(FakeBusTest, PilesUpWhileStalledAndSaysWhenWritable) {
    std::vector<std::string> received;
    int writable = 0;
    left.observe({nullptr, [&writable] { ++writable; }});
    const auto subscription = right.subscribe("a", {}, into(received));
    left.stall(3);
    ASSERT_TRUE(left.publish("a", asBytes("123")));
    EXPECT_EQ(left.bufferedBytes(), 3U);
    EXPECT_EQ(left.publish("a", asBytes("4")).error().code(), bus::kCongested);
    left.resume();
    loop.run();
    EXPECT_EQ(writable, 1);
    EXPECT_EQ(received, std::vector<std::string>{"a=123"});
}

net::Task<void> ask(FakeBus& bus, Result<Bytes>& answer) {
    Bytes question(1, '?');
    answer = co_await bus.request("svc", std::move(question), std::chrono::milliseconds(5'000));
}

TEST_F(FakeBusTest, RequestYieldsTheReplyOrThatNobodyListens) {
    Result<Bytes> answer;
    net::asio::co_spawn(loop, ask(left, answer), net::asio::detached);
    loop.run();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), bus::kNoResponders);

    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [this](const bus::Message& message) {
        ASSERT_TRUE(right.publish(message.replyTo, asBytes("!")));
    };
    const auto service = right.subscribe("svc", {}, handlers);
    loop.restart();
    net::asio::co_spawn(loop, ask(left, answer), net::asio::detached);
    loop.run();
    ASSERT_TRUE(answer);
    EXPECT_EQ(asText(*answer), "!");
}

}  // namespace
}  // namespace pcg::fakes
