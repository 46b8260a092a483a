// SPDX-License-Identifier: Apache-2.0
// What happens because time passed or the link changed.
#include "common/stream/mux.h"

#include <algorithm>
#include <vector>

namespace pcg::stream {
namespace {

constexpr std::string_view kNoSignOfLife = "The other side has not been heard for too long.";

}  // namespace

void Mux::linkUp(std::uint64_t epoch, SteadyTime now) {
    epoch_ = epoch;
    isLinkUp_ = true;
    // The peer had no way to reach us; it gets a moment to do so. What was lost comes to light by
    // the SYNCs.
    const auto atLeast = now - limits_.silenceLimit + limits_.reconnectGrace;
    for (auto& [key, peer] : peers_) {
        if (peer->streams.empty()) continue;
        peer->lastHeard = std::max(peer->lastHeard, atLeast);
        peer->isSyncDue = true;
        wakePeer(*peer);
    }
}

void Mux::linkDown() { isLinkUp_ = false; }

void Mux::peerGone(Peer key) {
    const auto found = peers_.find(key);
    if (found == peers_.end()) return;
    const std::vector<Handle> handles(found->second->streams.begin(), found->second->streams.end());
    for (const auto handle : handles) {
        auto& stream = *streams_.at(handle);
        if (stream.failure)
            detach(stream);
        else
            failStream(
                stream,
                {wire::ResetCode::Lost, outcomeOf(stream), false, std::string(kNoSignOfLife)},
                false);
        eraseIfOver(stream);
    }
}

SteadyTime Mux::nextDeadline() const {
    auto next = SteadyTime::max();
    for (const auto* timed : {&unacknowledged_, &ackDelays_, &heldAnswers_})
        if (!timed->empty()) next = std::min(next, timed->front().at);
    for (const auto& [key, peer] : peers_) {
        if (peer->streams.empty()) continue;
        next = std::min(next, peer->lastHeard + limits_.silenceLimit);
        if (isLinkUp_ && !peer->isSyncDue) next = std::min(next, peer->nextSync);
    }
    return next;
}

void Mux::tick(SteadyTime now) {
    for (; !heldAnswers_.empty() && heldAnswers_.front().at <= now; heldAnswers_.pop_front()) {
        const auto found = streams_.find(heldAnswers_.front().handle);
        if (found == streams_.end() || !found->second->isHeadHeld) continue;
        found->second->isHeadHeld = false;
        schedule(*found->second);
    }
    for (; !ackDelays_.empty() && ackDelays_.front().at <= now; ackDelays_.pop_front()) {
        const auto found = streams_.find(ackDelays_.front().handle);
        if (found != streams_.end() && found->second->isAckPending) wakeControl(*found->second);
    }
    for (; !unacknowledged_.empty() && unacknowledged_.front().at <= now;
         unacknowledged_.pop_front()) {
        const auto found = streams_.find(unacknowledged_.front().handle);
        if (found == streams_.end() || found->second->isAccepted || found->second->isDetached)
            continue;
        auto& stream = *found->second;
        if (stream.failure)
            detach(stream);
        else
            failStream(stream,
                       {wire::ResetCode::Lost,
                        wire::Outcome::Unknown,
                        false,
                        "The gateway did not say whether it took the request."},
                       false);
        eraseIfOver(stream);
    }
    tickPeers(now);
}

void Mux::tickPeers(SteadyTime now) {
    for (auto& [key, peer] : peers_) {
        if (peer->streams.empty()) continue;
        if (now - peer->lastHeard >= limits_.silenceLimit) {
            peerGone(key);
            continue;
        }
        if (!isLinkUp_ || peer->isSyncDue || now < peer->nextSync) continue;
        peer->isSyncDue = true;
        wakePeer(*peer);
    }
}

}  // namespace pcg::stream
