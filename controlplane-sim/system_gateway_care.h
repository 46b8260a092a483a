// SPDX-License-Identifier: Apache-2.0
// What the platform's API asks about the gateways that the platform itself runs for tenants. An
// interface, so that it is tested without processes.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/net/asio.h"
#include "common/wire/ids.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

inline constexpr ErrorCode kSystemOff{ErrorClass::Input, "system_gateways.off"};

struct SystemGatewayView {
    wire::TenantId tenant;
    std::string state;  // starting | enrolling | online | offline | withdrawing
    std::string why;    // a sentence, while it is not online; may be empty
    std::optional<wire::GatewayId> gateway;
    std::optional<int> pid;
    std::int64_t restarts = 0;  // since the control plane started
    WallTime offeredAt;
};

class SystemGatewayCare {
  public:
    virtual ~SystemGatewayCare() = default;

    struct Offered {
        SystemGatewayView view;
        bool isNew;
    };

    // Done when the wish is durable; the gateway starts and enrolls by itself.
    // system_gateways.off, tenancy.not_found, tenancy.too_many, tenancy.still_wiping.
    virtual net::Task<Result<Offered>> offer(wire::TenantId tenant) = 0;

    // Done when its keys are revoked, its process is gone and its files are wiped. What of that
    // was not reached is an error, and goes on at a repeated call and at the next start.
    // tenancy.not_found when the tenant has none.
    virtual net::Task<Result<>> withdraw(wire::TenantId tenant) = 0;

    virtual net::Task<Result<std::optional<SystemGatewayView>>> find(wire::TenantId tenant) = 0;
    virtual net::Task<Result<std::vector<SystemGatewayView>>> list() = 0;
};

}  // namespace pcg::controlplane
