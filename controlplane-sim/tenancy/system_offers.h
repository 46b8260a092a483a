// SPDX-License-Identifier: Apache-2.0
// To which tenants the platform offers a gateway of its own, and under which name its process keeps
// its files. The platform's rows, so every question takes its authority. Storage thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

struct SystemOffer {
    wire::TenantId tenant;
    std::string instance;  // twelve hex digits; another one each time it is offered
    bool withdrawn;        // revoked; its files are not all wiped yet
    WallTime offeredAt;
};

class SystemOffers {
  public:
    SystemOffers(store::Database& database, const PlatformAuthority& authority)
        : database_(database), authority_(authority) {}

    // True if it was not offered before. tenancy.not_found: no such tenant, or it is leaving.
    // tenancy.too_many: `most` are there already. tenancy.still_wiping: the last one is still being
    // wiped.
    Result<bool> offer(const wire::TenantId& tenant,
                       const std::string& instance,
                       std::size_t most,
                       WallTime now);

    // One transaction: no more offered, and its gateways released. Those are the answer, for
    // whoever tells the broker; a repeated call has none. tenancy.not_found when it was never
    // offered.
    Result<std::vector<wire::GatewayId>> withdraw(const wire::TenantId& tenant, WallTime now);

    // Its files are gone. An offer that is not withdrawn stays.
    Result<> wiped(const std::string& instance);

    Result<std::optional<SystemOffer>> find(const wire::TenantId& tenant);
    Result<std::vector<SystemOffer>> all();  // the oldest first

  private:
    store::Database& database_;
    const PlatformAuthority& authority_;
};

}  // namespace pcg::controlplane
