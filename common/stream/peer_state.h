// SPDX-License-Identifier: Apache-2.0
// What a Mux keeps for each peer, each route and each stream. Internal to common/stream.
#pragma once

#include "common/base/clock.h"
#include "common/stream/receive_side.h"
#include "common/stream/replay_window.h"
#include "common/stream/send_side.h"
#include "common/stream/types.h"

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace pcg::stream {

// How old a message is although the clocks of the two sides are unrelated: the smallest difference
// between arrival and departure seen so far is taken as "not delayed". The minimum is renewed every
// few minutes, so that drift does not add up, and kept over a long silence, so that a process that
// was stopped and woken sees how late it is.
class TransitClock {
  public:
    std::chrono::milliseconds ageOf(std::uint64_t sentMs, SteadyTime now);

  private:
    std::optional<std::int64_t> current_;
    std::optional<std::int64_t> previous_;
    SteadyTime currentSince_;
};

struct PendingReset {
    std::uint64_t wireId = 0;
    bool fromInitiator = false;  // our role in that stream
    wire::ResetCode code{};
    wire::Outcome outcome{};
    std::string text;
};

struct PeerState {
    explicit PeerState(Peer peer) : key(peer) {}

    Peer key;
    std::unordered_set<Handle> streams;                      // attached: the peer knows them too
    std::unordered_map<std::uint64_t, Handle> acceptedById;  // those the peer opened
    ReplayWindow seen;
    TransitClock transit;
    std::optional<std::uint16_t> epoch;
    SteadyTime lastHeard;
    SteadyTime nextSync;
    bool isSyncDue = false;
    bool isReady = false;  // in the ready queue
    std::deque<Handle> control;
    std::deque<PendingReset> resets;  // of streams that have no state here
};

struct RouteState {
    RouteState(ByteCount window, WindowPool& global) : pool(window, &global) {}

    WindowPool pool;
    std::size_t streams = 0;
};

struct StreamState {
    StreamState(Handle ownHandle, Role ownRole, RouteState& ownRoute, const Limits& limits)
        : handle(ownHandle),
          role(ownRole),
          route(&ownRoute),
          send(limits.sendBuffer),
          receive(ownRoute.pool, limits.floorWindow, limits.maxWindow) {}

    Handle handle;
    Role role;
    std::uint64_t wireId = 0;
    std::uint64_t routeKey = 0;
    RouteState* route;
    PeerState* peer = nullptr;  // while attached
    SendSide send;
    ReceiveSide receive;

    std::optional<wire::RequestHead> request;  // initiator: until sent; acceptor: until taken
    std::optional<wire::ResponseHead> response;
    Bytes pendingHead;          // encoded response head, not yet sent
    SteadyTime openReadyAt;     // initiator: since when the OPEN could have gone
    SteadyTime flushAt;         // the small answer goes, with its body or without
    bool isOpenQueued = false;  // initiator: waits for its turn
    bool isOpenSent = false;
    bool isAccepted = false;  // initiator: the peer is known
    bool isAckPending = false;
    bool isHeadSent = false;
    bool isHeadHeld = false;  // waits for flushAt
    bool isDetached = false;  // the protocol is done with it
    bool isReleased = false;  // the application is done with it
    bool isChanged = false;   // in the changed queue
    bool isInControl = false;
    bool isInBulk = false;
    std::optional<PendingReset> reset;  // to be sent
    std::optional<Failure> failure;
};

}  // namespace pcg::stream
