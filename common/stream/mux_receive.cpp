// SPDX-License-Identifier: Apache-2.0
// What arrives: messages are taken apart, every frame is applied to the stream it names.
#include "common/base/assert.h"
#include "common/stream/mux.h"

#include <algorithm>
#include <utility>

namespace pcg::stream {
namespace {

constexpr std::size_t kMaxPendingResets =
    4096;  // per peer; what does not fit comes up again with the next SYNC

struct InlineBody {
    bool isComplete = false;
    ByteCount size = 0;
};

// Does the body follow the OPEN in the same message?
InlineBody inlineBodyOf(std::span<const wire::Frame> frames) {
    InlineBody body;
    for (std::size_t i = 1; i < frames.size() && frames[i].stream == frames[0].stream; ++i) {
        if (frames[i].type == wire::FrameType::Data) body.size += frames[i].payload.size();
        if (frames[i].type == wire::FrameType::End) body.isComplete = true;
    }
    return body;
}

}  // namespace

PeerState* Mux::peerFor(Peer key, SteadyTime now) {
    auto found = peers_.find(key);
    if (found == peers_.end()) {
        if (peers_.size() >= limits_.peers && !evictIdlePeer()) return nullptr;
        found = peers_.emplace(key, std::make_unique<PeerState>(key)).first;
    }
    found->second->lastHeard = now;
    return found->second.get();
}

// The one that was silent longest, of those that nothing refers to.
bool Mux::evictIdlePeer() {
    auto oldest = peers_.end();
    for (auto peer = peers_.begin(); peer != peers_.end(); ++peer) {
        if (!peer->second->streams.empty() || peer->second->isReady) continue;
        if (oldest == peers_.end() || peer->second->lastHeard < oldest->second->lastHeard)
            oldest = peer;
    }
    if (oldest == peers_.end()) return false;
    peers_.erase(oldest);
    return true;
}

// `openedByPeer`: which of the two sides opened it, and so whose numbering `wireId` belongs to.
StreamState* Mux::find(PeerState& peer, std::uint64_t wireId, bool openedByPeer) {
    Handle handle = wireId;
    if (openedByPeer) {
        const auto accepted = peer.acceptedById.find(wireId);
        if (accepted == peer.acceptedById.end()) return nullptr;
        handle = accepted->second;
    }
    const auto found = streams_.find(handle);
    if (found == streams_.end()) return nullptr;
    auto& stream = *found->second;
    if (openedByPeer) return &stream;
    if (stream.role != Role::Initiator || stream.routeKey != peer.key.route || stream.isDetached ||
        !stream.isOpenSent)
        return nullptr;
    if (!stream.isAccepted) {  // any frame from the acceptor proves that it has the stream
        stream.isAccepted = true;
        attach(stream, peer);
        changed(stream);
        if (stream.reset) wakeControl(stream);
    }
    return stream.peer == &peer ? &stream : nullptr;
}

Result<> Mux::receive(std::uint64_t route, BytesView message, SteadyTime now) {
    auto parsed = wire::parseMessage(message);
    if (!parsed) {
        ++counters_.malformedMessages;
        return fail(std::move(parsed.error()));
    }
    const auto& origin = parsed->origin;
    if (origin.instance == instance_) return {};  // our own echo
    auto* peer = peerFor({route, origin.instance}, now);
    if (peer == nullptr) return {};
    const auto age = peer->transit.ageOf(origin.clockMs, now);
    if (peer->epoch && *peer->epoch != origin.epoch && !peer->streams.empty()) {
        peer->isSyncDue = true;
        wakePeer(*peer);
    }
    peer->epoch = origin.epoch;
    const FrameSpan frames(parsed->frames);
    for (std::size_t i = 0; i < frames.size(); ++i) onFrame(*peer, frames.subspan(i), age, now);
    return {};
}

void Mux::onFrame(PeerState& peer,
                  FrameSpan frames,
                  std::chrono::milliseconds age,
                  SteadyTime now) {
    const auto& frame = frames.front();
    if (frame.type == wire::FrameType::Open) return onOpen(peer, frames, age, now);
    if (frame.type == wire::FrameType::Sync) return onSync(peer, frame);
    const bool openedByPeer = (frame.flags & wire::kFromInitiator) != 0;
    auto* stream = find(peer, frame.stream, openedByPeer);
    if (stream == nullptr) {
        // Late frames of a finished stream are normal; an answer to an OPEN we gave up on must be
        // stopped.
        if (frame.type == wire::FrameType::OpenAck)
            queueReset(peer,
                       {frame.stream,
                        true,
                        wire::ResetCode::Gone,
                        wire::Outcome::Unknown,
                        "The request was given up."});
        return;
    }
    if (stream->failure && frame.type != wire::FrameType::Reset) return;
    switch (frame.type) {
        case wire::FrameType::OpenAck:
        case wire::FrameType::Credit:
            stream->send.onCredit(frame.offset);
            break;
        case wire::FrameType::Headers:
            onHeaders(*stream, frame);
            break;
        case wire::FrameType::Data:
            onData(*stream, frame);
            break;
        case wire::FrameType::End:
            onEnd(*stream, frame);
            break;
        case wire::FrameType::Reset:
            onReset(*stream, frame);
            break;
        default:
            break;
    }
    schedule(*stream);
    detachIfComplete(*stream);
    eraseIfOver(*stream);
}

void Mux::onOpen(PeerState& peer, FrameSpan frames, std::chrono::milliseconds age, SteadyTime now) {
    const auto& frame = frames.front();
    if (!peer.seen.markFirst(frame.stream)) {
        ++counters_.duplicateOpens;
        return;
    }
    auto head = wire::decodeRequestHead(frame.payload);
    if (!head)
        return refuse(peer, frame.stream, wire::ResetCode::ProtocolError, head.error().message());
    if (age > head->ttl)
        return refuse(
            peer,
            frame.stream,
            wire::ResetCode::Expired,
            "The request was " + std::to_string(age.count()) + " ms old when it arrived.");
    if (isDraining_)
        return refuse(peer, frame.stream, wire::ResetCode::Overloaded, "The gateway is stopping.");
    if (!mayOpenOn(peer.key.route))
        return refuse(peer,
                      frame.stream,
                      wire::ResetCode::Overloaded,
                      "The gateway has too many requests open.");
    acceptStream(peer, frames, std::move(*head), now);
}

void Mux::acceptStream(PeerState& peer, FrameSpan frames, wire::RequestHead head, SteadyTime now) {
    const auto& frame = frames.front();
    const auto body = inlineBodyOf(frames);
    auto& stream = createStream(nextAcceptedHandle_++, Role::Acceptor, peer.key.route);
    stream.wireId = frame.stream;
    if (body.isComplete &&
        (body.size > limits_.smallBody || !stream.receive.reserveInline(body.size))) {
        stream.isReleased = stream.isDetached = true;
        eraseIfOver(stream);
        return refuse(peer,
                      frame.stream,
                      wire::ResetCode::Overloaded,
                      "The gateway has no memory for the body.");
    }
    if (!body.isComplete) stream.receive.reserveWindow(limits_.initialWindow);
    stream.send.onCredit(frame.offset);
    stream.request = std::move(head);
    stream.isAckPending = true;
    attach(stream, peer);
    ++counters_.accepted;
    accepted_.push_back(stream.handle);
    if (body.isComplete)
        ackDelays_.push_back({now + limits_.ackDelay, stream.handle});
    else
        wakeControl(stream);
}

void Mux::refuse(PeerState& peer,
                 std::uint64_t wireId,
                 wire::ResetCode code,
                 std::string_view text) {
    ++counters_.refused;
    queueReset(peer, {wireId, false, code, wire::Outcome::NotDispatched, std::string(text)});
}

void Mux::queueReset(PeerState& peer, PendingReset reset) {
    if (peer.resets.size() >= kMaxPendingResets) return;
    peer.resets.push_back(std::move(reset));
    wakePeer(peer);
}

void Mux::onHeaders(StreamState& stream, const wire::Frame& frame) {
    if (stream.response) return;
    auto head = wire::decodeResponseHead(frame.payload);
    if (!head) {
        failStream(
            stream,
            {wire::ResetCode::ProtocolError, outcomeOf(stream), false, head.error().message()},
            true);
        return;
    }
    stream.response = std::move(*head);
    changed(stream);
}

void Mux::onVerdict(StreamState& stream, ReceiveSide::Verdict verdict) {
    using Verdict = ReceiveSide::Verdict;
    const auto fails = [&](wire::ResetCode code, std::string_view text) {
        failStream(stream, {code, outcomeOf(stream), false, std::string(text)}, true);
    };
    switch (verdict) {
        case Verdict::Taken:
            changed(stream);
            break;
        case Verdict::Duplicate:
            break;
        case Verdict::Lost:
            fails(wire::ResetCode::Lost, "Part of the transfer was lost on the way.");
            break;
        case Verdict::Corrupt:
            fails(wire::ResetCode::Corrupt, "The transfer does not match its checksum.");
            break;
        case Verdict::Excess:
            fails(wire::ResetCode::FlowViolation,
                  "The other side sent more than it was allowed to.");
            break;
    }
}

void Mux::onData(StreamState& stream, const wire::Frame& frame) {
    // An answer's body without its head: the head was lost.
    if (stream.role == Role::Initiator && !stream.response)
        return onVerdict(stream, ReceiveSide::Verdict::Lost);
    const auto before = stream.receive.received();
    const bool isLimited = (frame.flags & wire::kWindowLimited) != 0;
    onVerdict(stream, stream.receive.onData(frame.offset, frame.payload, isLimited));
    counters_.bytesReceived += stream.receive.received() - before;
}

void Mux::onEnd(StreamState& stream, const wire::Frame& frame) {
    if (stream.role == Role::Initiator && !stream.response)
        return onVerdict(stream, ReceiveSide::Verdict::Lost);
    onVerdict(stream, stream.receive.onEnd(frame.offset, wire::endCrc(frame)));
}

void Mux::onReset(StreamState& stream, const wire::Frame& frame) {
    const auto reset = wire::resetOf(frame);
    auto outcome = outcomeOf(stream);
    if (stream.role == Role::Initiator && reset.outcome == wire::Outcome::NotDispatched &&
        !stream.response)
        outcome = wire::Outcome::NotDispatched;
    if (stream.failure) {
        detach(stream);  // both gave up; ours need not be sent any more
        return;
    }
    failStream(stream, {reset.code, outcome, true, std::string(reset.text)}, false);
}

// Every live stream that the peer believes to share with us. What we do not know is answered with a
// RESET; what we know is compared, so that anything lost comes to light within one period.
void Mux::onSync(PeerState& peer, const wire::Frame& frame) {
    for (const auto& entry : wire::syncEntries(frame)) {
        auto* stream = find(peer, entry.stream, entry.fromInitiator);
        if (stream == nullptr) {
            queueReset(peer,
                       {entry.stream,
                        !entry.fromInitiator,
                        wire::ResetCode::Gone,
                        wire::Outcome::Unknown,
                        "The other side does not know this stream."});
            continue;
        }
        if (!stream->failure) onSyncEntry(*stream, entry);
        schedule(*stream);
        eraseIfOver(*stream);
    }
}

void Mux::onSyncEntry(StreamState& stream, const wire::SyncEntry& entry) {
    stream.send.onCredit(entry.granted);
    const bool isHeadLost = stream.role == Role::Initiator && entry.headSent && !stream.response;
    const bool isTailLost = entry.sent > stream.receive.received();
    const bool isEndLost = entry.endSent && !stream.receive.ended();
    if (isHeadLost || isTailLost || isEndLost) onVerdict(stream, ReceiveSide::Verdict::Lost);
}

}  // namespace pcg::stream
