// SPDX-License-Identifier: Apache-2.0
#include "pairing/release_messages.h"

#include "pairing/fields.h"

namespace pcg::pairing {

Result<ReleaseRequest> ReleaseRequest::parse(std::string_view raw) {
    const auto message = PCG_TRY(fields::open(raw));
    ReleaseRequest request;
    request.gatewayId = PCG_TRY(fields::id(message, "gateway_id", "gw_"));
    request.tenantId = PCG_TRY(fields::id(message, "tenant_id", "tn_"));
    request.epoch = PCG_TRY(message.integer("epoch", 1));
    request.at = PCG_TRY(message.integer("ts"));
    return request;
}

std::string ReleaseRequest::write() const {
    auto message = fields::start();
    message.set("gateway_id", gatewayId)
        .set("tenant_id", tenantId)
        .set("epoch", epoch)
        .set("ts", at);
    return codec::json::write(message);
}

Bytes releaseSigningInput(std::string_view raw) {
    Bytes input = toBytes(asBytes("PCGv1 release"));
    append(input, asBytes(raw));
    return input;
}

}  // namespace pcg::pairing
