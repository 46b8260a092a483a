// SPDX-License-Identifier: Apache-2.0
// What gateways say about themselves, parsed strictly: a gateway is an authenticated peer, not a
// trusted one. codec.json or codec.json_field name what is wrong. Pure functions.
#pragma once

#include "common/codec/json.h"
#include "controlplane-sim/presence/presence.h"
#include "controlplane-sim/tenancy/uploads.h"

namespace pcg::controlplane {

Result<HelloReport> parseHello(BytesView payload);

// What is stored of an endpoint, and what is only known as long as the gateway says it.
struct EndpointReport {
    ReportedEndpoint stored;
    LiveEndpoint live;
};

// One endpoint, in an inventory or as the answer to a request.
Result<EndpointReport> parseEndpointReport(const codec::json::Object& object);

struct InventoryReport {
    std::vector<EndpointReport> endpoints;
    std::optional<LiveSealing> sealing;
    LiveRemote remote;
};

Result<InventoryReport> parseInventory(BytesView payload);

// Of both chains, in the order of their names here: events, calls.
Result<std::vector<ChainHead>> parseAuditHeads(BytesView payload);

// How far uploads by reference are; texts are cut.
Result<UploadsReport> parseUploads(BytesView payload);

// One of them, in a report or as the answer to a request.
Result<UploadReport> parseUploadReport(const codec::json::Object& object);

struct PongReport {
    std::uint64_t sequence = 0;
    std::optional<WallTime> at;            // the gateway's clock when it answered
    std::optional<wire::InstanceId> boot;  // as in hello
};

Result<PongReport> parsePong(BytesView payload);

}  // namespace pcg::controlplane
