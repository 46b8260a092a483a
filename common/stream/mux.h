// SPDX-License-Identifier: Apache-2.0
// The protocol of framed streams over a bus that may lose, and nothing else: no socket, no thread,
// no clock. Time and messages come in, messages come out; ingress and gateway use the same class.
// Normative text: docs/protocol/frames.md.
//
// Rules: an OPEN is dispatched at most once; nothing is ever retransmitted, so what is lost ends
// the stream with a failure both sides see, never with a short success; a NotDispatched outcome is
// only given when it is certain. Everything is bounded by Limits. Calls with a handle that was
// released are bugs. Not thread-safe.
#pragma once

#include "common/base/result.h"
#include "common/stream/peer_state.h"
#include "common/stream/types.h"

#include <deque>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace pcg::stream {

class Mux {
  public:
    // `instance` must be new in each run of the process. `global` outlives the Mux.
    Mux(std::uint64_t instance, Limits limits, WindowPool& global);
    ~Mux();
    Mux(const Mux&) = delete;
    Mux& operator=(const Mux&) = delete;

    // The link to the bus. While it is down nothing is sent; poll() returns nothing.
    void linkUp(std::uint64_t epoch, SteadyTime now);
    void linkDown();

    // Refuses new streams from peers; those that live go on.
    void drain() { isDraining_ = true; }

    // Initiator: the OPEN goes once the body is known to be long, or is complete (finish()).
    Result<Handle> open(std::uint64_t route, wire::RequestHead head, SteadyTime now);

    // The OPEN of this stream reached nobody (broker's 503, or it could not be published).
    void notDispatched(Handle handle, std::string_view why);

    // Acceptor: streams that peers opened, in order of arrival; each is given once.
    std::optional<Handle> nextAccepted();
    wire::RequestHead takeRequest(Handle handle);
    Result<> respond(Handle handle, const wire::ResponseHead& head, SteadyTime now);

    // Both roles. write() takes what fits into the send buffer; consumed() says that bytes which
    // read() gave have reached the far socket.
    std::size_t write(Handle handle, BytesView bytes);
    void finish(Handle handle, SteadyTime now);
    std::size_t read(Handle handle, MutableBytes buffer);
    void consumed(Handle handle, ByteCount count);
    void reset(Handle handle, wire::ResetCode code, wire::Outcome outcome, std::string_view text);

    // Ends the application's interest; a stream that is not over is reset.
    void release(Handle handle);

    View view(Handle handle) const;

    // Streams whose view changed since they were last returned; level-triggered, no duplicates.
    std::optional<Handle> nextChanged();

    // Wire. An error means that the whole message was refused.
    Result<> receive(std::uint64_t route, BytesView message, SteadyTime now);
    std::optional<Outgoing> poll(SteadyTime now, Lane lane);

    // That process is known to be gone: its streams fail now instead of after the silence limit.
    void peerGone(Peer peer);

    // Time. tick() may be called at any time, and must be at the deadline.
    SteadyTime nextDeadline() const;
    void tick(SteadyTime now);

    std::size_t liveStreams() const { return streams_.size(); }

    std::size_t knownPeers() const { return peers_.size(); }

    const Counters& counters() const { return counters_; }

  private:
    struct Timed {
        SteadyTime at;
        Handle handle;
    };

    using FrameSpan = std::span<const wire::Frame>;

    // Bookkeeping (mux.cpp)
    StreamState& at(Handle handle) const;
    RouteState& routeState(std::uint64_t route);
    bool mayOpenOn(std::uint64_t route) const;
    StreamState& createStream(Handle handle, Role role, std::uint64_t route);
    void attach(StreamState& stream, PeerState& peer);
    void detach(StreamState& stream);
    void eraseIfOver(StreamState& stream);
    void changed(StreamState& stream);
    void failStream(StreamState& stream, Failure failure, bool tellPeer);
    wire::Outcome outcomeOf(const StreamState& stream) const;
    void detachIfComplete(StreamState& stream);
    void schedule(StreamState& stream);
    void wakeControl(StreamState& stream);
    void wakePeer(PeerState& peer);

    // Arriving frames (mux_receive.cpp)
    PeerState* peerFor(Peer key, SteadyTime now);
    bool evictIdlePeer();
    StreamState* find(PeerState& peer, std::uint64_t wireId, bool openedByPeer);
    void onFrame(PeerState& peer, FrameSpan frames, std::chrono::milliseconds age, SteadyTime now);
    void onOpen(PeerState& peer, FrameSpan frames, std::chrono::milliseconds age, SteadyTime now);
    void acceptStream(PeerState& peer, FrameSpan frames, wire::RequestHead head, SteadyTime now);
    void refuse(PeerState& peer, std::uint64_t wireId, wire::ResetCode code, std::string_view text);
    void onHeaders(StreamState& stream, const wire::Frame& frame);
    void onData(StreamState& stream, const wire::Frame& frame);
    void onEnd(StreamState& stream, const wire::Frame& frame);
    void onReset(StreamState& stream, const wire::Frame& frame);
    void onVerdict(StreamState& stream, ReceiveSide::Verdict verdict);
    void onSync(PeerState& peer, const wire::Frame& frame);
    void onSyncEntry(StreamState& stream, const wire::SyncEntry& entry);
    void queueReset(PeerState& peer, PendingReset reset);

    // Leaving frames (mux_send.cpp)
    Bytes newMessage(SteadyTime now) const;
    std::optional<Outgoing> composeOpen(SteadyTime now);
    std::optional<Outgoing> composeControl(SteadyTime now);
    std::optional<Outgoing> composeBulk(SteadyTime now);
    void trimAcknowledged();
    void appendControl(Bytes& message, StreamState& stream);
    void appendBody(Bytes& message, StreamState& stream, std::size_t most);
    void appendReset(Bytes& message, StreamState& stream);
    void appendSync(Bytes& message, PeerState& peer, SteadyTime now);
    void afterSending(StreamState& stream);

    // Time (mux_time.cpp)
    void tickPeers(SteadyTime now);

    std::uint64_t instance_;
    Limits limits_;
    WindowPool& global_;
    std::uint64_t epoch_ = 0;
    bool isLinkUp_ = false;
    bool isDraining_ = false;
    Handle nextInitiated_ = 1;
    Handle nextAcceptedHandle_;
    unsigned controlInARow_ = 0;

    std::map<std::uint64_t, RouteState> routes_;
    std::map<Peer, std::unique_ptr<PeerState>> peers_;
    std::unordered_map<Handle, std::unique_ptr<StreamState>> streams_;

    std::deque<Handle> accepted_;
    std::deque<Handle> changed_;
    std::deque<Handle> opens_;
    std::deque<PeerState*> ready_;
    std::deque<Handle> bulk_;
    std::deque<Timed> unacknowledged_;  // OPENs sent, in order of their deadline
    std::deque<Timed> ackDelays_;
    std::deque<Timed> heldAnswers_;
    Counters counters_;
};

}  // namespace pcg::stream
