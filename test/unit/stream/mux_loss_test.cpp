// SPDX-License-Identifier: Apache-2.0
// What is lost, doubled, late, malformed or silent between two Muxes, and what is said of it.
#include "common/stream/errc.h"
#include "test/unit/stream/mux_pair.h"

namespace pcg::stream {
namespace {

using namespace std::chrono_literals;
using namespace test;

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

TEST_F(MuxPair, APeerKnownToBeGoneFailsItsStreamsNow) {
    Handle asked = 0;
    openAndAccept(asked);
    ingress.mux.peerGone({kRoute, 0xbb});

    ASSERT_NE(ingress.mux.view(asked).failure, nullptr);
    EXPECT_EQ(ingress.mux.view(asked).failure->outcome, wire::Outcome::Unknown);
}

}  // namespace
}  // namespace pcg::stream
