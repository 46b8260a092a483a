// SPDX-License-Identifier: Apache-2.0
// The way from the cable to the paired gateway, rung by rung: each stands on the one before, and
// the first that does not hold says what was seen, under a stable code, and what to do. Pure.
#pragma once

#include <string>
#include <vector>

#include "appliance/console/facts.h"

namespace pcg::appliance {

enum class RungState { Holds, Waits, Fails };

struct Rung {
    std::string name;
    RungState state = RungState::Waits;
    std::string evidence;
    std::string code{};    // of Fails: "ladder.address"
    std::string remedy{};  // of Fails
};

// Link, address, router, names, clock, settings, control plane, pairing, bus. What stands above a
// rung that fails waits; the clock alone holds nothing up.
std::vector<Rung> ladder(const Facts& facts);

}  // namespace pcg::appliance
