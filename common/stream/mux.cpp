// SPDX-License-Identifier: Apache-2.0
#include "common/stream/mux.h"

#include "common/base/assert.h"
#include "common/stream/errc.h"

#include <algorithm>
#include <utility>

namespace pcg::stream {
namespace {

// Handles of initiated streams are their wire ids; the others live in the upper half.
constexpr Handle kFirstAcceptedHandle = Handle{1} << 63;

}  // namespace

Mux::Mux(std::uint64_t instance, Limits limits, WindowPool& global)
    : instance_(instance),
      limits_(limits),
      global_(global),
      nextAcceptedHandle_(kFirstAcceptedHandle) {
    PCG_ASSERT(instance != 0);
}

Mux::~Mux() = default;

StreamState& Mux::at(Handle handle) const {
    const auto found = streams_.find(handle);
    PCG_ASSERT(found != streams_.end() && !found->second->isReleased);
    return *found->second;
}

RouteState& Mux::routeState(std::uint64_t route) {
    return routes_.try_emplace(route, limits_.routeWindow, global_).first->second;
}

bool Mux::mayOpenOn(std::uint64_t route) const {
    const auto found = routes_.find(route);
    return streams_.size() < limits_.streams &&
           (found == routes_.end() || found->second.streams < limits_.streamsPerRoute);
}

StreamState& Mux::createStream(Handle handle, Role role, std::uint64_t route) {
    auto& state = routeState(route);
    auto stream = std::make_unique<StreamState>(handle, role, state, limits_);
    stream->routeKey = route;
    ++state.streams;
    return *streams_.emplace(handle, std::move(stream)).first->second;
}

void Mux::attach(StreamState& stream, PeerState& peer) {
    if (peer.streams.empty()) peer.nextSync = peer.lastHeard + limits_.syncPeriod;
    stream.peer = &peer;
    peer.streams.insert(stream.handle);
    if (stream.role == Role::Acceptor) peer.acceptedById.emplace(stream.wireId, stream.handle);
}

void Mux::detach(StreamState& stream) {
    if (stream.peer != nullptr) {
        stream.peer->streams.erase(stream.handle);
        if (stream.role == Role::Acceptor) stream.peer->acceptedById.erase(stream.wireId);
        stream.peer = nullptr;
    }
    stream.isDetached = true;
    stream.reset.reset();
    stream.send.discard();
}

void Mux::eraseIfOver(StreamState& stream) {
    if (!stream.isReleased || !stream.isDetached) return;
    --stream.route->streams;
    streams_.erase(stream.handle);
}

void Mux::changed(StreamState& stream) {
    if (stream.isChanged || stream.isReleased) return;
    stream.isChanged = true;
    changed_.push_back(stream.handle);
}

// What we may say of a stream that ends here and now.
wire::Outcome Mux::outcomeOf(const StreamState& stream) const {
    if (stream.role == Role::Acceptor) return wire::Outcome::Unknown;
    if (!stream.isOpenSent) return wire::Outcome::NotDispatched;
    return stream.receive.ended() ? wire::Outcome::Complete : wire::Outcome::Unknown;
}

void Mux::failStream(StreamState& stream, Failure failure, bool tellPeer) {
    if (stream.failure || stream.isDetached) return;
    ++counters_.failed;
    const bool isAnswered = stream.role == Role::Initiator && stream.receive.ended();
    if (!isAnswered) stream.receive.discard();
    stream.send.discard();
    stream.pendingHead.clear();
    stream.isHeadHeld = false;
    changed(stream);
    if (tellPeer && (stream.peer != nullptr || (stream.isOpenSent && !stream.isAccepted))) {
        // Without a known peer it waits for the OPEN_ACK, at most for the silence limit.
        stream.reset = PendingReset{stream.wireId,
                                    stream.role == Role::Initiator,
                                    failure.code,
                                    failure.outcome,
                                    failure.text};
        if (stream.peer != nullptr) wakeControl(stream);
        stream.failure = std::move(failure);
        return;
    }
    stream.failure = std::move(failure);
    detach(stream);
}

void Mux::detachIfComplete(StreamState& stream) {
    if (stream.isDetached || stream.reset || stream.peer == nullptr) return;
    if (stream.send.endSent() && stream.receive.ended()) detach(stream);
}

void Mux::wakePeer(PeerState& peer) {
    if (peer.isReady) return;
    peer.isReady = true;
    ready_.push_back(&peer);
}

void Mux::wakeControl(StreamState& stream) {
    if (stream.peer == nullptr || stream.isInControl) return;
    stream.isInControl = true;
    stream.peer->control.push_back(stream.handle);
    wakePeer(*stream.peer);
}

// Puts the stream into the queue that what it has to send belongs to.
void Mux::schedule(StreamState& stream) {
    if (stream.isDetached || stream.peer == nullptr) return;
    if (stream.reset || stream.receive.isCreditDue() ||
        (!stream.pendingHead.empty() && !stream.isHeadHeld)) {
        wakeControl(stream);
        return;
    }
    if (stream.role == Role::Acceptor && !stream.isHeadSent) return;
    if (stream.isInBulk || (stream.send.sendable() == 0 && !stream.send.isEndDue())) return;
    stream.isInBulk = true;
    bulk_.push_back(stream.handle);
}

Result<Handle> Mux::open(std::uint64_t route, wire::RequestHead head, SteadyTime now) {
    if (!isLinkUp_)
        return fail(kLinkDown, "The link to the message bus is down. Ask again in a few seconds.");
    if (!mayOpenOn(route))
        return fail(kTooManyStreams,
                    "Too many requests are open to this gateway. Ask again when some are done.");
    PCG_TRY(wire::encode(head));
    auto& stream = createStream(nextInitiated_++, Role::Initiator, route);
    stream.wireId = stream.handle;
    stream.openReadyAt = now;
    stream.request = std::move(head);
    const auto& framing = stream.request->framing;
    if (framing.kind == wire::Framing::Kind::None) {
        finish(stream.handle, now);
    } else if (framing.kind == wire::Framing::Kind::Chunked || framing.length > limits_.smallBody) {
        stream.isOpenQueued = true;
        opens_.push_back(stream.handle);
    }
    return stream.handle;
}

void Mux::notDispatched(Handle handle, std::string_view why) {
    const auto found = streams_.find(handle);
    if (found == streams_.end() || found->second->isAccepted) return;
    auto& stream = *found->second;
    if (stream.failure) {  // cancelled meanwhile: nobody is left to be told
        detach(stream);
    } else {
        failStream(
            stream,
            {wire::ResetCode::Refused, wire::Outcome::NotDispatched, false, std::string(why)},
            false);
    }
    eraseIfOver(stream);
}

std::optional<Handle> Mux::nextAccepted() {
    while (!accepted_.empty()) {
        const auto handle = accepted_.front();
        accepted_.pop_front();
        auto& stream = at(handle);
        if (!stream.failure) return handle;
        release(handle);  // taken back before anybody saw it
    }
    return std::nullopt;
}

wire::RequestHead Mux::takeRequest(Handle handle) {
    auto& stream = at(handle);
    PCG_ASSERT(stream.role == Role::Acceptor && stream.request);
    auto head = std::move(*stream.request);
    stream.request.reset();
    return head;
}

Result<> Mux::respond(Handle handle, const wire::ResponseHead& head, SteadyTime now) {
    auto& stream = at(handle);
    if (stream.role != Role::Acceptor || stream.isHeadSent || !stream.pendingHead.empty())
        return fail(kWrongState, "This stream was already answered.");
    if (stream.failure)
        return fail(kWrongState, "The client of this stream is gone: " + stream.failure->text);
    stream.pendingHead = PCG_TRY(wire::encode(head));
    if (head.framing.kind == wire::Framing::Kind::Length && head.framing.length > 0 &&
        head.framing.length <= limits_.smallBody) {
        stream.isHeadHeld = true;
        stream.flushAt = now + limits_.answerDelay;
        heldAnswers_.push_back({stream.flushAt, handle});
    }
    schedule(stream);
    return {};
}

std::size_t Mux::write(Handle handle, BytesView bytes) {
    auto& stream = at(handle);
    if (stream.failure || stream.isDetached) return 0;
    const auto taken = stream.send.write(bytes);
    schedule(stream);
    return taken;
}

void Mux::finish(Handle handle, SteadyTime now) {
    auto& stream = at(handle);
    if (stream.failure || stream.isDetached || stream.send.finishing()) return;
    stream.send.finish();
    stream.isHeadHeld = false;
    if (stream.role == Role::Initiator && !stream.isOpenSent && !stream.isOpenQueued) {
        stream.openReadyAt = now;
        stream.isOpenQueued = true;
        opens_.push_back(handle);
    }
    schedule(stream);
}

std::size_t Mux::read(Handle handle, MutableBytes buffer) {
    return at(handle).receive.read(buffer);
}

void Mux::consumed(Handle handle, ByteCount count) {
    auto& stream = at(handle);
    if (stream.failure) return;
    stream.receive.onConsumed(count);
    schedule(stream);
}

void Mux::reset(Handle handle, wire::ResetCode code, wire::Outcome outcome, std::string_view text) {
    auto& stream = at(handle);
    const auto said = stream.role == Role::Initiator ? outcomeOf(stream) : outcome;
    failStream(stream, {code, said, false, std::string(text)}, true);
}

void Mux::release(Handle handle) {
    auto& stream = at(handle);
    const auto outcome = stream.isHeadSent || stream.role == Role::Initiator
                             ? outcomeOf(stream)
                             : wire::Outcome::Unknown;
    // An answer that is complete stays so; its sender only has no use for the rest of the request.
    const bool isAnswered = stream.role == Role::Acceptor && stream.send.finishing();
    if (!stream.failure && !stream.isDetached && !isAnswered)
        failStream(stream,
                   {wire::ResetCode::Cancelled, outcome, false, "The request was abandoned."},
                   true);
    stream.isReleased = true;
    if (isAnswered) schedule(stream);
    eraseIfOver(stream);
}

View Mux::view(Handle handle) const {
    const auto& stream = at(handle);
    View view;
    view.role = stream.role;
    view.failure = stream.failure ? &*stream.failure : nullptr;
    view.responseHead = stream.response ? &*stream.response : nullptr;
    view.readable = stream.receive.buffered();
    view.ended = stream.receive.ended();
    view.writable = stream.failure || stream.isDetached ? 0 : stream.send.space();
    view.unsent = stream.send.unsent();
    view.endSent = stream.send.endSent();
    view.dispatched = stream.isOpenSent;
    view.accepted = stream.isAccepted;
    return view;
}

std::optional<Handle> Mux::nextChanged() {
    while (!changed_.empty()) {
        const auto handle = changed_.front();
        changed_.pop_front();
        const auto found = streams_.find(handle);
        if (found == streams_.end() || found->second->isReleased) continue;
        found->second->isChanged = false;
        return handle;
    }
    return std::nullopt;
}

}  // namespace pcg::stream
