// SPDX-License-Identifier: Apache-2.0
// What gateways say about themselves, parsed strictly: a gateway is an authenticated peer, not a
// trusted one. codec.json or codec.json_field name what is wrong. Pure functions.
#pragma once

#include "controlplane-sim/presence/presence.h"

namespace pcg::controlplane {

Result<HelloReport> parseHello(BytesView payload);
Result<std::vector<ReportedEndpoint>> parseInventory(BytesView payload);

struct PongReport {
    std::uint64_t sequence = 0;
    std::optional<wire::InstanceId> boot;  // as in hello
};

Result<PongReport> parsePong(BytesView payload);

}  // namespace pcg::controlplane
