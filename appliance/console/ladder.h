// SPDX-License-Identifier: Apache-2.0
// The way from the cable to the paired gateway, rung by rung: each stands on the one before, and
// the first that does not hold says what was seen, under a stable code, and what to do. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "appliance/console/facts.h"

namespace pcg::appliance {

// Warns: not as it should be, and in nobody's way now.
enum class RungState { Holds, Waits, Warns, Fails };

struct Rung {
    std::string name;
    RungState state = RungState::Waits;
    std::string evidence;
    std::string code{};    // of Fails and Warns: "ladder.address"
    std::string remedy{};  // likewise
};

// Before the rung's name: "[ok] ".
std::string_view markOf(RungState state);

// "12 ms", "75 s"; without its sign.
std::string inWords(std::int64_t milliseconds);

// "NATS, direct", "WebSocket, through the proxy ..."; empty if it is not known.
std::string busWayOf(const GatewayFacts& gateway);

// "direct (no proxy is configured)".
std::string withWhy(const std::string& way, const std::string& why);

// Link, address, router, settings, names, clock, gateway, proxy, TLS, control plane, pairing, bus.
// What stands above a rung that fails waits; the clock holds nothing up,
// nor does the control plane while the bus is up.
std::vector<Rung> ladder(const Facts& facts);

}  // namespace pcg::appliance
