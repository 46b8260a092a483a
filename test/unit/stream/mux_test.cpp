// SPDX-License-Identifier: Apache-2.0
// Two Muxes that hear everything: calls, windows, turns, limits.
#include "common/stream/errc.h"
#include "test/unit/stream/mux_pair.h"

namespace pcg::stream {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_F(MuxPair, ASmallCallIsOneMessageEachWay) {
    const auto asked = open(ofLength(5));
    ingress.mux.write(asked, asBytes("hello"));
    ingress.mux.finish(asked, now);
    collect(ingress);
    ASSERT_EQ(ingress.wire.size(), 1U);
    EXPECT_EQ(ingress.wire[0].open, asked);
    deliverOne(ingress);
    const auto served = gateway.mux.nextAccepted();
    ASSERT_TRUE(served);
    EXPECT_EQ(gateway.mux.takeRequest(*served).target, "/sdk");
    EXPECT_EQ(readAll(gateway, *served), "hello");

    respond(*served, ofLength(3));
    gateway.mux.write(*served, asBytes("bye"));
    gateway.mux.finish(*served, now);
    collect(gateway);
    ASSERT_EQ(gateway.wire.size(), 1U);
    deliverOne(gateway);

    EXPECT_EQ(readAll(ingress, asked), "bye");
    EXPECT_TRUE(ingress.mux.view(asked).ended);
    ingress.mux.release(asked);
    gateway.mux.release(*served);
    EXPECT_EQ(ingress.mux.liveStreams() + gateway.mux.liveStreams(), 0U);
    EXPECT_EQ(ingress.pool.used() + gateway.pool.used(), 0U);
    collect(ingress);
    collect(gateway);
    EXPECT_TRUE(ingress.wire.empty() && gateway.wire.empty());
}

TEST_F(MuxPair, ALongBodyWaitsForTheGatewayThatTakesIt) {
    const auto asked = open(ofLength(1_MiB));
    EXPECT_EQ(ingress.mux.write(asked, bytes(200'000)), wire::kMaxDataBytes);
    collect(ingress);
    ASSERT_EQ(ingress.wire.size(), 1U);
    EXPECT_LT(ingress.wire[0].message.size(), 1024U);

    settle();

    EXPECT_EQ(ingress.mux.view(asked).unsent, 0U);
    EXPECT_TRUE(ingress.mux.view(asked).accepted);
}

TEST_F(MuxPair, ASlowReaderHoldsNoMoreThanOneWindow) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    for (int i = 0; i < 50; ++i) {
        ingress.mux.write(asked, bytes(wire::kMaxDataBytes));
        settle();
    }
    EXPECT_EQ(gateway.mux.view(served).readable, wire::kInitialWindow);
    EXPECT_GT(ingress.mux.view(asked).unsent, 0U);

    // Reading alone grants nothing; passing on does.
    Bytes buffer(wire::kInitialWindow);
    ASSERT_EQ(gateway.mux.read(served, buffer), wire::kInitialWindow);
    settle();
    EXPECT_EQ(gateway.mux.view(served).readable, 0U);
    gateway.mux.consumed(served, wire::kInitialWindow / 2);
    settle();
    EXPECT_GT(gateway.mux.view(served).readable, 0U);
}

TEST_F(MuxPair, TheWindowGrowsForAFastReaderAndTheMemoryComesBack) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    std::size_t most = 0;
    for (int round = 0; round < 40; ++round) {
        // A round trip in which the sender uses all it has.
        for (std::size_t before = 1; before != 0;) {
            before = ingress.mux.write(asked, bytes(wire::kMaxDataBytes));
            collect(ingress);
        }
        for (std::size_t arrived = 0; !ingress.wire.empty(); most = std::max(most, arrived)) {
            arrived += ingress.wire.front().message.size();
            deliverOne(ingress);
        }
        readAll(gateway, served);
        settle();
    }
    EXPECT_GT(most, 3_MiB);
    EXPECT_LE(gateway.pool.used(), wire::kMaxWindow);
    ingress.mux.release(asked);
    settle();
    gateway.mux.release(served);
    EXPECT_EQ(gateway.pool.used(), 0U);
}

TEST_F(MuxPair, AnIdleLongPollStaysOpenAsLongAsThePeersHearEachOther) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    for (int i = 0; i < 200; ++i) {
        pass(3s);
        settle();
    }
    EXPECT_EQ(ingress.mux.view(asked).failure, nullptr);
    EXPECT_EQ(gateway.mux.view(served).failure, nullptr);
}

TEST_F(MuxPair, AnEarlyAnswerArrivesWholeAndStopsTheUpload) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    ingress.mux.write(asked, bytes(1000));
    settle();
    respond(served, ofLength(4));
    gateway.mux.write(served, asBytes("busy"));
    gateway.mux.finish(served, now);
    gateway.mux.release(served);
    settle();

    const auto view = ingress.mux.view(asked);
    EXPECT_TRUE(view.ended);
    ASSERT_NE(view.failure, nullptr);
    EXPECT_EQ(view.failure->outcome, wire::Outcome::Complete);
    EXPECT_EQ(ingress.mux.write(asked, bytes(10)), 0U);
    EXPECT_EQ(readAll(ingress, asked), "busy");
    EXPECT_EQ(gateway.mux.liveStreams(), 0U);
}

TEST_F(MuxPair, ASmallAnswerWaitsAMillisecondForItsBodyAndNoLonger) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    settle();
    respond(served, ofLength(3));
    collect(gateway);
    EXPECT_TRUE(gateway.wire.empty());

    EXPECT_LE(gateway.mux.nextDeadline(), now + 1ms);
    pass(1ms);
    settle();

    EXPECT_NE(ingress.mux.view(asked).responseHead, nullptr);
}

TEST_F(MuxPair, AnOpenIsAcknowledgedWithinTwentyMillisecondsIfTheAnswerTakesLonger) {
    const auto asked = open({});
    settle();
    EXPECT_FALSE(ingress.mux.view(asked).accepted);
    pass(20ms);
    settle();
    EXPECT_TRUE(ingress.mux.view(asked).accepted);
}

TEST_F(MuxPair, ASmallCallOvertakesBulkData) {
    Handle bulk = 0;
    openAndAccept(bulk);
    ingress.mux.write(bulk, bytes(wire::kMaxDataBytes));
    const auto small = open({});
    collect(ingress);

    ASSERT_EQ(ingress.wire.size(), 2U);
    EXPECT_EQ(ingress.wire[0].open, small);
}

TEST_F(MuxPair, HeldBackBulkDoesNotHoldBackControl) {
    Handle bulk = 0;
    openAndAccept(bulk);
    ingress.mux.write(bulk, bytes(1000));
    EXPECT_FALSE(ingress.mux.poll(now, Lane::ControlOnly));
    open({});
    EXPECT_TRUE(ingress.mux.poll(now, Lane::ControlOnly));
    EXPECT_FALSE(ingress.mux.poll(now, Lane::ControlOnly));
    EXPECT_TRUE(ingress.mux.poll(now, Lane::All));
}

TEST_F(MuxPair, BulkStreamsTakeTurns) {
    Handle first = 0;
    Handle second = 0;
    openAndAccept(first);
    openAndAccept(second);
    ingress.mux.write(first, bytes(wire::kMaxDataBytes));
    ingress.mux.write(second, bytes(wire::kMaxDataBytes));
    std::vector<Handle> order;
    while (auto outgoing = ingress.mux.poll(now, Lane::All)) {
        const auto parsed = wire::parseMessage(outgoing->message);
        order.push_back(parsed->frames.back().stream);
        ingress.mux.write(order.back(), bytes(wire::kMaxDataBytes));
        if (order.size() == 4) break;
    }
    EXPECT_EQ(order, (std::vector<Handle>{first, second, first, second}));
}

TEST_F(MuxPair, ADrainingGatewayRefusesAndSaysThatNothingWasDispatched) {
    gateway.mux.drain();
    const auto asked = open({});
    settle();

    EXPECT_FALSE(gateway.mux.nextAccepted());
    ASSERT_NE(ingress.mux.view(asked).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(asked).failure->outcome, wire::Outcome::NotDispatched);
}

TEST_F(MuxPair, FramesOfOneRouteDoNotTouchStreamsOfAnother) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    respond(served, kChunked);
    gateway.mux.write(served, asBytes("secret"));
    collect(gateway);
    const auto message = gateway.wire.front().message;
    ASSERT_TRUE(ingress.mux.receive(kRoute + 1, message, now));

    EXPECT_EQ(ingress.mux.view(asked).responseHead, nullptr);
    EXPECT_EQ(ingress.mux.view(asked).readable, 0U);
}

TEST_F(MuxPair, TenThousandParkedCallsStayOpenAndLeaveRoomForATransfer) {
    std::vector<Handle> parked;
    for (int i = 0; i < 10'000; ++i) parked.push_back(open({}));
    settle();
    while (const auto served = gateway.mux.nextAccepted()) gateway.mux.takeRequest(*served);
    for (int i = 0; i < 20; ++i) {
        pass(3s);
        settle();
    }
    for (const auto handle : parked) ASSERT_EQ(ingress.mux.view(handle).failure, nullptr);

    const auto asked = open({});
    settle();
    const auto served = gateway.mux.nextAccepted();
    ASSERT_TRUE(served);
    gateway.mux.takeRequest(*served);
    respond(*served, kChunked);
    int rounds = 0;
    for (ByteCount sent = 0; sent < 32_MiB; ++rounds) {
        for (std::size_t taken = 1; taken != 0; sent += taken) {
            taken = gateway.mux.write(*served, bytes(wire::kMaxDataBytes));
            collect(gateway);
        }
        while (!gateway.wire.empty()) deliverOne(gateway);
        readAll(ingress, asked);
        settle();
    }
    EXPECT_LT(rounds, 60);  // the window grew although the others hold theirs
}

TEST(MuxLimits, MoreStreamsThanAllowedAreRefusedAndNotDispatched) {
    Limits few;
    few.streamsPerRoute = 2;
    Side ingress(0xaa);
    Side gateway(0xbb, few);
    const SteadyTime now{1000s};
    ingress.mux.linkUp(1, now);
    gateway.mux.linkUp(1, now);
    std::vector<Handle> asked;
    for (int i = 0; i < 3; ++i) asked.push_back(ingress.mux.open(1, requestOf({}), now).value());
    while (auto outgoing = ingress.mux.poll(now, Lane::All))
        ASSERT_TRUE(gateway.mux.receive(0, outgoing->message, now));
    while (auto outgoing = gateway.mux.poll(now, Lane::All))
        ASSERT_TRUE(ingress.mux.receive(1, outgoing->message, now));

    EXPECT_EQ(ingress.mux.view(asked[1]).failure, nullptr);
    ASSERT_NE(ingress.mux.view(asked[2]).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(asked[2]).failure->code, wire::ResetCode::Overloaded);
    EXPECT_EQ(ingress.mux.view(asked[2]).failure->outcome, wire::Outcome::NotDispatched);

    Side small(0xcc, few);
    small.mux.linkUp(1, now);
    ASSERT_TRUE(small.mux.open(1, requestOf({}), now));
    ASSERT_TRUE(small.mux.open(1, requestOf({}), now));
    const auto refused = small.mux.open(1, requestOf({}), now);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kTooManyStreams));
    EXPECT_TRUE(small.mux.open(2, requestOf({}), now));
}

}  // namespace
}  // namespace pcg::stream
