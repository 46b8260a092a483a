// SPDX-License-Identifier: Apache-2.0
// What leaves: messages are put together from the state of the streams, never from a queue of
// frames, so the amount that waits is bounded by the number of streams and their send buffers.
//
// Order: OPENs, then control frames and small bodies of one peer in one message, then bulk data in
// turns of at most one DATA frame for each stream (deficit round robin with a quantum of one
// frame).
#include "common/base/assert.h"
#include "common/stream/mux.h"

#include <algorithm>
#include <utility>

namespace pcg::stream {
namespace {

constexpr std::size_t kControlMessageBudget = 64 * 1024;
constexpr unsigned kControlBurst =
    16;  // then bulk gets a turn, so that small calls cannot starve it

std::uint16_t roleFlag(const StreamState& stream) {
    return stream.role == Role::Initiator ? wire::kFromInitiator : std::uint16_t{0};
}

}  // namespace

Bytes Mux::newMessage(SteadyTime now) const {
    const auto clock =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    Bytes message;
    wire::appendOrigin(
        message,
        {instance_, static_cast<std::uint16_t>(epoch_), static_cast<std::uint64_t>(clock)});
    return message;
}

std::optional<Outgoing> Mux::poll(SteadyTime now, Lane lane) {
    if (!isLinkUp_) return std::nullopt;
    const bool isBulkTurn = lane == Lane::All && controlInARow_ >= kControlBurst && !bulk_.empty();
    if (!isBulkTurn) {
        ++controlInARow_;
        if (auto open = composeOpen(now)) return open;
        if (auto control = composeControl(now)) return control;
    }
    controlInARow_ = 0;
    if (lane == Lane::ControlOnly) return std::nullopt;
    return composeBulk(now);
}

// Most OPENs are answered long before their deadline: the list holds about those that are not.
void Mux::trimAcknowledged() {
    while (!unacknowledged_.empty()) {
        const auto found = streams_.find(unacknowledged_.front().handle);
        if (found != streams_.end() && !found->second->isAccepted && !found->second->isDetached)
            return;
        unacknowledged_.pop_front();
    }
}

std::optional<Outgoing> Mux::composeOpen(SteadyTime now) {
    while (!opens_.empty()) {
        const auto found = streams_.find(opens_.front());
        opens_.pop_front();
        if (found == streams_.end() || found->second->isDetached) continue;
        auto& stream = *found->second;
        const auto waited =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - stream.openReadyAt);
        stream.request->ttl -= waited;
        if (stream.request->ttl <= std::chrono::milliseconds(0)) {
            failStream(stream,
                       {wire::ResetCode::Expired,
                        wire::Outcome::NotDispatched,
                        false,
                        "The request waited longer than its time to live."},
                       false);
            eraseIfOver(stream);
            continue;
        }
        stream.receive.reserveWindow(limits_.initialWindow);
        const auto head = wire::encode(*stream.request);
        PCG_ASSERT(head.has_value());  // open() has encoded it before, with a larger ttl
        stream.request.reset();
        auto message = newMessage(now);
        wire::appendFrame(message,
                          {wire::FrameType::Open,
                           wire::kFromInitiator,
                           stream.wireId,
                           stream.receive.limit(),
                           *head});
        if (stream.send.finishing() && stream.send.unsent() <= limits_.smallBody) {
            stream.send.onCredit(stream.send.unsent());
            appendBody(message, stream, limits_.smallBody);
        }
        stream.isOpenSent = true;
        ++counters_.opened;
        trimAcknowledged();
        unacknowledged_.push_back({now + limits_.silenceLimit, stream.handle});
        changed(stream);
        return Outgoing{{stream.routeKey, 0}, stream.handle, std::move(message)};
    }
    return std::nullopt;
}

std::optional<Outgoing> Mux::composeControl(SteadyTime now) {
    while (!ready_.empty()) {
        auto& peer = *ready_.front();
        ready_.pop_front();
        peer.isReady = false;
        auto message = newMessage(now);
        const auto empty = message.size();
        for (; !peer.resets.empty() && message.size() < kControlMessageBudget;
             peer.resets.pop_front()) {
            const auto& reset = peer.resets.front();
            wire::appendReset(message,
                              reset.fromInitiator ? wire::kFromInitiator : std::uint16_t{0},
                              reset.wireId,
                              {reset.code, reset.outcome, reset.text});
        }
        while (!peer.control.empty() && message.size() < kControlMessageBudget) {
            const auto found = streams_.find(peer.control.front());
            peer.control.pop_front();
            if (found == streams_.end()) continue;
            auto& stream = *found->second;
            stream.isInControl = false;
            if (stream.peer != &peer) continue;
            appendControl(message, stream);
            if (!stream.isHeadHeld && stream.send.unsent() <= limits_.smallBody)
                appendBody(message, stream, limits_.smallBody);
            afterSending(stream);
        }
        if (peer.isSyncDue && message.size() < kControlMessageBudget)
            appendSync(message, peer, now);
        if (!peer.resets.empty() || !peer.control.empty() || peer.isSyncDue) wakePeer(peer);
        if (message.size() > empty) return Outgoing{peer.key, 0, std::move(message)};
    }
    return std::nullopt;
}

std::optional<Outgoing> Mux::composeBulk(SteadyTime now) {
    while (!bulk_.empty()) {
        const auto found = streams_.find(bulk_.front());
        bulk_.pop_front();
        if (found == streams_.end()) continue;
        auto& stream = *found->second;
        stream.isInBulk = false;
        if (stream.isDetached || stream.reset || stream.peer == nullptr) continue;
        auto message = newMessage(now);
        const auto empty = message.size();
        const auto peer = stream.peer->key;
        appendControl(message, stream);
        appendBody(message, stream, static_cast<std::size_t>(limits_.maxData));
        afterSending(stream);
        if (message.size() > empty) return Outgoing{peer, 0, std::move(message)};
    }
    return std::nullopt;
}

void Mux::appendControl(Bytes& message, StreamState& stream) {
    if (stream.isAckPending) {
        stream.isAckPending = false;
        const auto granted = stream.receive.ended() ? 0 : stream.receive.limit();
        wire::appendFrame(message, {wire::FrameType::OpenAck, 0, stream.wireId, granted, {}});
    }
    if (!stream.pendingHead.empty() && !stream.isHeadHeld && !stream.reset) {
        wire::appendFrame(message,
                          {wire::FrameType::Headers, 0, stream.wireId, 0, stream.pendingHead});
        stream.pendingHead = {};
        stream.isHeadSent = true;
    }
    if (stream.receive.isCreditDue() && !stream.failure)
        wire::appendFrame(message,
                          {wire::FrameType::Credit,
                           roleFlag(stream),
                           stream.wireId,
                           stream.receive.takeCredit(),
                           {}});
    if (stream.reset) appendReset(message, stream);
}

// At most `most` bytes of DATA, and END if nothing is left.
void Mux::appendBody(Bytes& message, StreamState& stream, std::size_t most) {
    if (stream.isDetached || stream.failure) return;
    if (stream.role == Role::Acceptor && !stream.isHeadSent) return;
    const auto count =
        std::min({stream.send.sendable(), most, static_cast<std::size_t>(limits_.maxData)});
    if (count > 0) {
        const auto offset = stream.send.sent();
        const auto bytes = stream.send.take(count);
        auto flags = roleFlag(stream);
        if (stream.send.isOutOfCredit()) flags |= wire::kWindowLimited;
        message.reserve(message.size() + count + 3 * wire::kFrameHeaderBytes);
        wire::appendFrame(message, {wire::FrameType::Data, flags, stream.wireId, offset, bytes});
        counters_.bytesSent += count;
        changed(stream);
    }
    if (stream.send.isEndDue()) {
        wire::appendEnd(
            message, roleFlag(stream), stream.wireId, stream.send.sent(), stream.send.crc());
        stream.send.onEndSent();
        changed(stream);
        // Whoever answered and went away has no use for the rest of the request.
        if (stream.isReleased && stream.role == Role::Acceptor && !stream.receive.ended()) {
            stream.reset =
                PendingReset{stream.wireId,
                             false,
                             wire::ResetCode::Cancelled,
                             wire::Outcome::Complete,
                             "The answer is complete; the rest of the request is not needed."};
            appendReset(message, stream);
        }
    }
}

void Mux::appendReset(Bytes& message, StreamState& stream) {
    wire::appendReset(message,
                      roleFlag(stream),
                      stream.wireId,
                      {stream.reset->code, stream.reset->outcome, stream.reset->text});
    detach(stream);
}

void Mux::appendSync(Bytes& message, PeerState& peer, SteadyTime now) {
    peer.isSyncDue = false;
    peer.nextSync = now + limits_.syncPeriod;
    std::vector<wire::SyncEntry> entries;
    for (const auto handle : peer.streams) {
        auto& stream = *streams_.at(handle);
        if (stream.reset || entries.size() == wire::kMaxSyncEntries) continue;
        if (!stream.receive.ended() && !stream.failure) stream.receive.takeCredit();
        entries.push_back({stream.wireId,
                           stream.send.sent(),
                           stream.receive.limit(),
                           stream.role == Role::Initiator,
                           stream.isHeadSent,
                           stream.send.endSent()});
    }
    if (!entries.empty()) wire::appendSync(message, entries);
}

// Back into a queue if more can go; out of the tables if it was the last.
void Mux::afterSending(StreamState& stream) {
    schedule(stream);
    detachIfComplete(stream);
    eraseIfOver(stream);
}

}  // namespace pcg::stream
