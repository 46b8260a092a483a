// SPDX-License-Identifier: Apache-2.0
// What presence knows of one gateway that is expected, online or not. Loop thread only.
#pragma once

#include "common/bus/bus.h"
#include "common/log/seldom.h"
#include "controlplane-sim/presence/messages.h"
#include "controlplane-sim/presence/paced.h"
#include "controlplane-sim/presence/presence.h"

#include <map>

namespace pcg::controlplane::presence {

struct Peer {
    Peer(wire::GatewayId who, wire::UserNkey key) : id(std::move(who)), nkey(std::move(key)) {}

    wire::GatewayId id;
    wire::UserNkey nkey;
    bool online = false;
    bool everHeard = false;
    bool saidHello = false;
    SteadyTime lastSign{};
    std::string version;
    std::string path;
    std::optional<std::chrono::microseconds> roundTrip;
    std::optional<std::chrono::milliseconds> clockOffset;
    std::optional<LiveSealing> sealing;
    LiveRemote remote;
    std::map<wire::EndpointId, LiveEndpoint> endpoints;
    std::optional<std::vector<ReportedEndpoint>> told;  // to whoever stores them, on this link
    std::uint64_t pingSequence = 0;
    bool pingUnanswered = false;
    SteadyTime pingedAt{};
    WallTime pingedAtWall{};
    std::string quarantine;
    std::optional<wire::InstanceId> boot;      // of its latest hello
    std::optional<wire::InstanceId> answered;  // who answered the ping `answeredSequence`
    std::uint64_t answeredSequence = 0;
    std::optional<SteadyTime> copySeen;
    // A gateway says what it likes as often as it likes: what is read of it has a pace.
    Paced hellos{8, std::chrono::seconds(1)};
    Paced inventories{64, std::chrono::milliseconds(250)};
    Paced auditHeads{4, std::chrono::seconds(15)};
    Paced uploads{64, std::chrono::milliseconds(250)};
    Paced pongs{32, std::chrono::milliseconds(250)};
    log::Seldom complaints{4, std::chrono::minutes(1)};
    std::string lastHost;  // of its latest connection, and of the one before
    std::string earlierHost;

    // Two runs of the daemon answered one ping, not long ago.
    bool isCopySeen(SteadyTime now) const;

    // What there is to show of it; `broker` is what the tenant's own link to the bus is.
    LiveGateway describe(SteadyTime now, bus::LinkState broker) const;

    // How much its clock is ahead of ours, if it answered half a round trip ago (RFC 5905 section 8
    // with one stamp at each end); right to half of a round trip at worst. After the round trip.
    std::chrono::milliseconds offsetOf(WallTime answeredAt) const;
};

}  // namespace pcg::controlplane::presence
