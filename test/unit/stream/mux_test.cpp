// SPDX-License-Identifier: Apache-2.0
// Two Muxes and a wire whose messages the test delivers, loses or doubles by hand.
#include "common/stream/mux.h"

#include "common/stream/errc.h"

#include <gtest/gtest.h>

#include <deque>

namespace pcg::stream {
namespace {

using namespace std::chrono_literals;

struct Side {
    explicit Side(std::uint64_t instance, Limits limits = {}) : mux(instance, limits, pool) {}

    WindowPool pool{wire::kMaxGlobalWindow};
    Mux mux;
    std::deque<Outgoing> wire;
};

wire::RequestHead requestOf(wire::Framing framing, std::chrono::milliseconds ttl = 30s) {
    return {.endpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000"),
            .requestId = wire::RequestId::unchecked("00000000000000aa"),
            .ttl = ttl,
            .surface = {},
            .method = "POST",
            .target = "/sdk",
            .headers = {},
            .framing = framing};
}

wire::Framing ofLength(ByteCount length) { return {wire::Framing::Kind::Length, length}; }

constexpr wire::Framing kChunked{wire::Framing::Kind::Chunked, 0};

class MuxPair : public testing::Test {
  protected:
    MuxPair() {
        ingress.mux.linkUp(1, now);
        gateway.mux.linkUp(1, now);
    }

    void collect(Side& side) {
        while (auto outgoing = side.mux.poll(now, Lane::All))
            side.wire.push_back(std::move(*outgoing));
    }

    static constexpr std::uint64_t kRoute = 7;

    void deliverOne(Side& from) {
        auto outgoing = std::move(from.wire.front());
        from.wire.pop_front();
        auto& to = &from == &ingress ? gateway : ingress;
        ASSERT_TRUE(to.mux.receive(&from == &ingress ? 0 : kRoute, outgoing.message, now));
    }

    void settle() {
        for (bool isBusy = true; isBusy;) {
            isBusy = false;
            for (auto* side : {&ingress, &gateway}) {
                collect(*side);
                for (; !side->wire.empty(); isBusy = true) deliverOne(*side);
            }
        }
    }

    void pass(std::chrono::milliseconds time) {
        now += time;
        ingress.mux.tick(now);
        gateway.mux.tick(now);
    }

    Handle open(wire::Framing framing) {
        return ingress.mux.open(kRoute, requestOf(framing), now).value();
    }

    // Opens a call whose body is not known yet and returns the gateway's handle of it.
    Handle openAndAccept(Handle& asked) {
        asked = open(kChunked);
        settle();
        const auto accepted = gateway.mux.nextAccepted();
        requireHandle(accepted);
        gateway.mux.takeRequest(*accepted);
        return *accepted;
    }

    static void requireHandle(const std::optional<Handle>& handle) {
        if (!handle) throw std::runtime_error("nothing was accepted");
    }

    static Bytes bytes(std::size_t count) { return Bytes(count, 0x5a); }

    std::string readAll(Side& side, Handle handle) {
        std::string text;
        Bytes buffer(4096);
        while (const auto count = side.mux.read(handle, buffer)) {
            text += asText(BytesView(buffer).first(count));
            side.mux.consumed(handle, count);
        }
        return text;
    }

    void respond(Handle handle, wire::Framing framing) {
        const wire::ResponseHead head{
            .status = 200, .reason = {}, .headers = {}, .framing = framing};
        ASSERT_TRUE(gateway.mux.respond(handle, head, now));
    }

    SteadyTime now{1000s};
    Side ingress{0xaa};
    Side gateway{0xbb};
};

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

TEST_F(MuxPair, ALostMessageEndsTheStreamVisiblyOnBothSides) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    ingress.mux.write(asked, asBytes("first"));
    collect(ingress);
    ingress.wire.clear();
    ingress.mux.write(asked, asBytes("second"));
    settle();

    ASSERT_NE(gateway.mux.view(served).failure, nullptr);
    EXPECT_EQ(gateway.mux.view(served).failure->code, wire::ResetCode::Lost);
    ASSERT_NE(ingress.mux.view(asked).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(asked).failure->outcome, wire::Outcome::Unknown);
    EXPECT_TRUE(ingress.mux.view(asked).failure->byPeer);
}

TEST_F(MuxPair, ADoubledMessageChangesNothing) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    ingress.mux.write(asked, asBytes("once"));
    collect(ingress);
    const auto copy = ingress.wire.front().message;
    settle();
    ASSERT_TRUE(gateway.mux.receive(0, copy, now));

    EXPECT_EQ(readAll(gateway, served), "once");
    EXPECT_EQ(gateway.mux.view(served).failure, nullptr);
}

TEST_F(MuxPair, AnOpenIsDispatchedOnceEvenIfItComesAgainAfterItsStreamIsOver) {
    const auto asked = open({});
    collect(ingress);
    const auto copy = ingress.wire.front().message;
    settle();
    const auto served = gateway.mux.nextAccepted();
    ASSERT_TRUE(served);
    ASSERT_TRUE(gateway.mux.receive(0, copy, now));
    EXPECT_FALSE(gateway.mux.nextAccepted());

    respond(*served, {});
    gateway.mux.finish(*served, now);
    settle();
    ingress.mux.release(asked);
    gateway.mux.release(*served);
    ASSERT_TRUE(gateway.mux.receive(0, copy, now));

    EXPECT_FALSE(gateway.mux.nextAccepted());
    EXPECT_EQ(gateway.mux.counters().duplicateOpens, 2U);
    settle();  // and no RESET was sent that could end something else
}

TEST_F(MuxPair, SyncFindsALostEnd) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    ingress.mux.write(asked, asBytes("body"));
    settle();
    ingress.mux.finish(asked, now);
    collect(ingress);
    ingress.wire.clear();  // END alone

    pass(wire::kSyncPeriod);
    settle();

    ASSERT_NE(gateway.mux.view(served).failure, nullptr);
    EXPECT_EQ(gateway.mux.view(served).failure->code, wire::ResetCode::Lost);
    EXPECT_NE(ingress.mux.view(asked).failure, nullptr);
}

TEST_F(MuxPair, SyncFindsALostHeadAndDataWithoutHeadIsRefused) {
    for (const bool bySync : {true, false}) {
        Handle asked = 0;
        const auto served = openAndAccept(asked);
        respond(served, kChunked);
        collect(gateway);
        gateway.wire.clear();  // HEADERS alone
        if (bySync)
            pass(wire::kSyncPeriod);
        else
            gateway.mux.finish(served, now);
        settle();
        ASSERT_NE(ingress.mux.view(asked).failure, nullptr) << bySync;
        EXPECT_EQ(ingress.mux.view(asked).failure->outcome, wire::Outcome::Unknown);
        EXPECT_FALSE(ingress.mux.view(asked).ended);
        ingress.mux.release(asked);
        settle();
        gateway.mux.release(served);
    }
}

TEST_F(MuxPair, SyncRepairsLostCredit) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    for (int i = 0; i < 4; ++i) {
        ingress.mux.write(asked, bytes(wire::kMaxDataBytes));
        settle();
    }
    readAll(gateway, served);
    collect(gateway);
    gateway.wire.clear();  // CREDIT
    EXPECT_GT(ingress.mux.view(asked).unsent, 0U);

    pass(wire::kSyncPeriod);
    settle();

    EXPECT_EQ(ingress.mux.view(asked).unsent, 0U);
    EXPECT_EQ(gateway.mux.view(served).failure, nullptr);
}

TEST_F(MuxPair, SyncFindsAnOrphanWhenTheResetWasLost) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    ingress.mux.release(asked);
    collect(ingress);
    ASSERT_EQ(ingress.wire.size(), 1U);
    ingress.wire.clear();  // RESET

    pass(wire::kSyncPeriod);
    settle();

    ASSERT_NE(gateway.mux.view(served).failure, nullptr);
    EXPECT_EQ(gateway.mux.view(served).failure->code, wire::ResetCode::Gone);
}

TEST_F(MuxPair, SyncStandsInForALostOpenAck) {
    const auto asked = open(kChunked);
    collect(ingress);
    deliverOne(ingress);
    collect(gateway);
    gateway.wire.clear();  // OPEN_ACK
    ingress.mux.write(asked, asBytes("waiting"));

    pass(wire::kSyncPeriod);
    settle();

    EXPECT_TRUE(ingress.mux.view(asked).accepted);
    EXPECT_EQ(ingress.mux.view(asked).unsent, 0U);
}

TEST_F(MuxPair, APeerThatFallsSilentIsGivenUpAfterFifteenSeconds) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(ingress.mux.view(asked).failure, nullptr);
        pass(5s);
        collect(ingress);
        ingress.wire.clear();
        collect(gateway);
        gateway.wire.clear();
    }
    ASSERT_NE(ingress.mux.view(asked).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(asked).failure->outcome, wire::Outcome::Unknown);
    EXPECT_NE(gateway.mux.view(served).failure, nullptr);
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

TEST_F(MuxPair, AnOpenThatIsOlderThanItsTimeToLiveIsRefusedNotExecuted) {
    open({});
    settle();  // the gateway knows now how long a message takes
    ASSERT_TRUE(gateway.mux.nextAccepted());
    const auto late = ingress.mux.open(kRoute, requestOf({}, 2s), now).value();
    collect(ingress);

    now += 3s;  // the gateway was stopped and woke up
    settle();

    EXPECT_FALSE(gateway.mux.nextAccepted());
    ASSERT_NE(ingress.mux.view(late).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(late).failure->code, wire::ResetCode::Expired);
    EXPECT_EQ(ingress.mux.view(late).failure->outcome, wire::Outcome::NotDispatched);
}

TEST_F(MuxPair, WhatNobodyTookIsNotDispatched) {
    const auto asked = open({});
    collect(ingress);
    ingress.wire.clear();
    ingress.mux.notDispatched(asked, "The gateway is offline.");

    ASSERT_NE(ingress.mux.view(asked).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(asked).failure->outcome, wire::Outcome::NotDispatched);
}

TEST_F(MuxPair, AnUnansweredOpenIsUnknownAfterFifteenSeconds) {
    const auto asked = open({});
    collect(ingress);
    ingress.wire.clear();
    pass(wire::kSilenceLimit - 1ms);
    EXPECT_EQ(ingress.mux.view(asked).failure, nullptr);
    pass(1ms);

    ASSERT_NE(ingress.mux.view(asked).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(asked).failure->outcome, wire::Outcome::Unknown);
}

TEST_F(MuxPair, ACancelBeforeTheAcknowledgementReachesTheGatewayWithIt) {
    const auto asked = open(kChunked);
    collect(ingress);
    ingress.mux.release(asked);
    settle();

    EXPECT_FALSE(gateway.mux.nextAccepted());  // taken back before anybody saw it
    EXPECT_EQ(gateway.mux.counters().accepted, 1U);
    settle();
    EXPECT_EQ(ingress.mux.liveStreams() + gateway.mux.liveStreams(), 0U);
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

TEST_F(MuxPair, AnotherLinkEpochIsFollowedByASyncAtOnce) {
    Handle asked = 0;
    openAndAccept(asked);
    ingress.mux.write(asked, asBytes("tail"));
    collect(ingress);
    ingress.wire.clear();
    ingress.mux.linkDown();
    EXPECT_FALSE(ingress.mux.poll(now, Lane::All));
    EXPECT_FALSE(ingress.mux.open(kRoute, requestOf({}), now));

    ingress.mux.linkUp(2, now);
    settle();

    EXPECT_NE(ingress.mux.view(asked).failure, nullptr);  // no need to wait for the period
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

TEST_F(MuxPair, AMalformedMessageIsRefusedWhole) {
    Handle asked = 0;
    const auto served = openAndAccept(asked);
    ingress.mux.write(asked, asBytes("data"));
    collect(ingress);
    auto message = ingress.wire.front().message;
    message.push_back(0);

    EXPECT_FALSE(gateway.mux.receive(0, message, now));

    EXPECT_EQ(gateway.mux.view(served).readable, 0U);
    EXPECT_EQ(gateway.mux.counters().malformedMessages, 1U);
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

TEST_F(MuxPair, APeerKnownToBeGoneFailsItsStreamsNow) {
    Handle asked = 0;
    openAndAccept(asked);
    ingress.mux.peerGone({kRoute, 0xbb});

    ASSERT_NE(ingress.mux.view(asked).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(asked).failure->outcome, wire::Outcome::Unknown);
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
