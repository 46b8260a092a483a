// SPDX-License-Identifier: Apache-2.0
// What a gateway of the platform's own says of itself on its control socket (docs/operator: the
// same that pcgctl shows). Whoever can open that socket owns the gateway, and we do. Loop thread.
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"
#include "common/net/asio.h"

#include <filesystem>
#include <string>

namespace pcg::controlplane {

struct GatewayReport {
    std::string gatewayId;  // empty before its first boot is over
    std::string pairing;    // "offered", "active", ...
    std::string message;
    Secret code;  // while it is offered
};

// Weather while the gateway is not there; within two seconds.
net::Task<Result<GatewayReport>> askGateway(net::Loop& loop, std::filesystem::path socket);

// The answer of GET /v1/status.
Result<GatewayReport> parseGatewayReport(std::string_view body);

}  // namespace pcg::controlplane
