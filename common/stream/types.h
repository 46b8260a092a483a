// SPDX-License-Identifier: Apache-2.0
// Values of the stream protocol core that its users see.
#pragma once

#include "common/base/bytes.h"
#include "common/wire/frame.h"
#include "common/wire/http_head.h"
#include "common/wire/limits.h"

#include <chrono>
#include <compare>
#include <string>

namespace pcg::stream {

// Names a stream inside one Mux; never reused.
using Handle = std::uint64_t;

// Where a peer is reached: `route` is the caller's number for a gateway's subjects (on a gateway
// always 0), `instance` the run of the process that owns the streams. A restarted peer is another
// peer.
struct Peer {
    std::uint64_t route = 0;
    std::uint64_t instance = 0;

    friend auto operator<=>(const Peer&, const Peer&) = default;
};

enum class Role : std::uint8_t { Initiator, Acceptor };

struct Failure {
    wire::ResetCode code{};
    wire::Outcome outcome = wire::Outcome::Unknown;
    bool byPeer = false;
    std::string text;
};

// What one stream looks like now. Pointers are valid until the next call into the Mux.
struct View {
    Role role{};
    const Failure* failure = nullptr;
    const wire::ResponseHead* responseHead = nullptr;  // initiator: once it arrived
    std::size_t readable = 0;                          // bytes that read() would give
    bool ended = false;        // END arrived and was verified; readable may still be > 0
    std::size_t writable = 0;  // bytes that write() would take
    std::size_t unsent = 0;    // bytes taken but not yet in a message
    bool endSent = false;
    bool dispatched = false;  // initiator: the OPEN is on its way, or further
    bool accepted = false;    // initiator: a peer has said that it has the stream
};

// A bus message to send. To `peer`, or with `open` to whichever instance of route `peer.route`
// takes it.
struct Outgoing {
    Peer peer;
    Handle open = 0;  // not 0: the OPEN of this stream
    Bytes message;
};

enum class Lane : std::uint8_t { ControlOnly, All };

// The bounds of wire/limits.h; tests and simulations bring smaller ones.
struct Limits {
    ByteCount smallBody = wire::kSmallBodyBytes;
    ByteCount maxData = wire::kMaxDataBytes;
    ByteCount sendBuffer = wire::kMaxDataBytes;
    ByteCount floorWindow = 8_KiB;  // every stream has it, outside the pools
    ByteCount initialWindow = wire::kInitialWindow;
    ByteCount maxWindow = wire::kMaxWindow;
    ByteCount routeWindow = wire::kMaxPeerWindow;
    std::size_t streamsPerRoute = wire::kMaxStreamsPerPeer;
    std::size_t streams = wire::kMaxStreams;
    std::size_t peers = 1024;
    std::chrono::milliseconds syncPeriod = wire::kSyncPeriod;
    std::chrono::milliseconds silenceLimit = wire::kSilenceLimit;
    std::chrono::milliseconds ackDelay{20};  // an answer in this time carries the OPEN_ACK with it
    std::chrono::milliseconds answerDelay{1};  // a small answer waits this long for its body
    std::chrono::milliseconds reconnectGrace{5000};
};

struct Counters {
    std::uint64_t opened = 0;
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t failed = 0;
    std::uint64_t malformedMessages = 0;
    std::uint64_t duplicateOpens = 0;
    std::uint64_t bytesSent = 0;
    std::uint64_t bytesReceived = 0;
};

}  // namespace pcg::stream
