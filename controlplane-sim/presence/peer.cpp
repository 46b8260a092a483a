// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/presence/peer.h"

namespace pcg::controlplane::presence {
namespace {

std::string copyWarning(const Peer& peer) {
    std::string text = "Two running gateways use this gateway's identity";
    if (!peer.earlierHost.empty())
        text += " (they connected from " + peer.earlierHost + " and " + peer.lastHost + ")";
    return text +
           ". It was copied: stop the copy. If you do not know which one it is, release the "
           "gateway and pair it again.";
}

std::string causeOf(const Peer& peer, bus::LinkState broker) {
    if (broker != bus::LinkState::Up) return "The control plane's own link to the bus is down.";
    if (!peer.everHeard) return "The gateway has not connected since the control plane started.";
    return "The gateway has missed three heartbeats: it is off, or its network does not reach "
           "the bus.";
}

}  // namespace

bool Peer::isCopySeen(SteadyTime now) const {
    return copySeen && now - *copySeen < Presence::kCopyRemembered;
}

LiveGateway Peer::describe(SteadyTime now, bus::LinkState broker) const {
    LiveGateway live;
    live.online = online;
    live.version = version;
    if (online) live.roundTrip = roundTrip;
    if (online) live.clockOffset = clockOffset;
    live.path = path;
    live.sealing = sealing;
    live.remote = remote;
    if (everHeard) {
        live.sinceLastHeartbeat =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - lastSign);
    }
    if (!online) live.why = causeOf(*this, broker);
    if (!quarantine.empty()) live.why = quarantine;
    if (isCopySeen(now)) live.warnings.push_back(copyWarning(*this));
    return live;
}

std::chrono::milliseconds Peer::offsetOf(WallTime answeredAt) const {
    const auto ours = pingedAtWall + *roundTrip / 2;
    return std::chrono::duration_cast<std::chrono::milliseconds>(answeredAt - ours);
}

}  // namespace pcg::controlplane::presence
