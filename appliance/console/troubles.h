// SPDX-License-Identifier: Apache-2.0
// What is wrong beside the ladder: endpoints, and what the gateway warns of. And all of it in the
// order in which it is to be shown where there is not room for everything. Pure.
#pragma once

#include <string>
#include <vector>

#include "appliance/console/ladder.h"

namespace pcg::appliance {

// One for each endpoint, in the gateway's order.
std::vector<Rung> endpointRungs(const GatewayFacts& gateway);

// The gateway's warnings as Fails (critical) and Warns, under "gateway.NAME"; without those that a
// rung of `ladder` or an endpoint's says already.
std::vector<Rung> warningRungs(const GatewayFacts& gateway, const std::vector<Rung>& ladder);

struct Trouble {
    std::string text;      // "ladder.bus: down It refused the connection."
    std::string remedy{};  // may be in the text already
    bool isGrave = false;  // it fails, or a value was wrong
};

// The failing rung first; then values and disk, what the gateway calls critical, endpoints,
// warnings. Notes are left out.
std::vector<Trouble> troubles(const Facts& facts);

}  // namespace pcg::appliance
