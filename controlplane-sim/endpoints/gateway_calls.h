// SPDX-License-Identifier: Apache-2.0
// Asking a gateway itself for something, over the tunnel (docs/protocol/remote.md). An interface,
// so that the API is tested without a bus.
#pragma once

#include "common/codec/json.h"
#include "common/http/client.h"
#include "common/net/asio.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <chrono>
#include <string>

namespace pcg::controlplane {

// Nothing was done: nobody took the request.
inline constexpr ErrorCode kGatewayOffline{ErrorClass::Weather, "gateway.offline"};
// It may have been done: the answer did not come.
inline constexpr ErrorCode kGatewaySilent{ErrorClass::Weather, "gateway.no_answer"};

struct GatewayRequest {
    std::string method;
    std::string target;        // "/v1/endpoints/ep_..."
    codec::json::Object body;  // empty: none is sent
    std::string actor;         // who asks, for the gateway's own audit
};

struct GatewayAnswer {
    int status = 0;
    codec::json::Object body;  // empty for 204
};

class GatewayCalls {
  public:
    virtual ~GatewayCalls() = default;

    // Any answer of the gateway is a value, a refusal too; kGatewayOffline, kGatewaySilent.
    virtual net::Task<Result<GatewayAnswer>> ask(TenantScope scope,
                                                 wire::GatewayId gateway,
                                                 GatewayRequest request) = 0;

    // Until the registry has what the gateway reported after an answer: that the endpoint is there,
    // or is gone. Gives up after a short while; whoever asked then sees the registry as it is.
    virtual net::Task<void> untilReported(TenantScope scope,
                                          wire::GatewayId gateway,
                                          wire::EndpointId endpoint,
                                          bool isThere) = 0;
};

// The call itself, through a caller that leads to the gateway.
net::Task<Result<GatewayAnswer>> askGateway(net::Executor executor,
                                            std::shared_ptr<http::Caller> caller,
                                            GatewayRequest request);

}  // namespace pcg::controlplane
