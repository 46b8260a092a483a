// SPDX-License-Identifier: Apache-2.0
// A gateway's health in layers, from the machine up to each endpoint: what is known, in a sentence,
// and what to do next. The lowest layer that is not well is where to look first. Pure functions.
#pragma once

#include "common/codec/json.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <vector>

namespace pcg::controlplane::rest {

// [{"name","state","text","next_step"}]: host, link, identity, then "endpoint NAME" for each.
codec::json::Array layersOf(const Gateway& gateway,
                            const LiveGateway& live,
                            const std::vector<Endpoint>& endpoints);

// {"key_id","public_key","signature","device_spki"}, or null before the gateway published it, and
// when what it published is not signed by the device that was paired.
codec::json::Value sealingOf(const Gateway& gateway, const LiveGateway& live);

// {"why","path","rtt_ms","clock_offset_ms","last_heartbeat_ms_ago"}; what is not known is null.
codec::json::Object linkOf(const LiveGateway& live);

}  // namespace pcg::controlplane::rest
