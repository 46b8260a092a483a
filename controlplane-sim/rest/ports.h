// SPDX-License-Identifier: Apache-2.0
// What the API asks of the rest of the control plane. Interfaces, so that it is tested without a
// bus.
#pragma once

#include "common/base/result.h"
#include "common/net/asio.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

// What is known of a gateway at this moment; nothing of it is stored.
struct LiveGateway {
    bool online = false;
    std::string why;  // a sentence, when it is not online
    std::optional<std::chrono::microseconds> roundTrip;
    std::string version;
    std::optional<std::chrono::milliseconds> sinceLastHeartbeat;
    std::vector<std::string> warnings = {};  // sentences, also when it is online
};

class LiveGateways {
  public:
    virtual ~LiveGateways() = default;
    virtual LiveGateway live(const TenantScope& scope, const wire::GatewayId& id) const = 0;
};

class Lifecycle {
  public:
    virtual ~Lifecycle() = default;

    // The tenant is stored; make its account on the bus. Repeated calls are harmless.
    virtual net::Task<Result<>> tenantCreated(wire::TenantId tenant) = 0;

    // The gateway is released in the database; end its link, its ingress and its certificates.
    virtual net::Task<Result<>> gatewayReleased(TenantScope scope, wire::GatewayId id) = 0;
};

}  // namespace pcg::controlplane
