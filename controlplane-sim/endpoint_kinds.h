// SPDX-License-Identifier: Apache-2.0
// The way to an endpoint of whatever kind it is: deployments and the inventory browser ask here,
// and get what speaks with a vCenter or with a MAAS. Loop thread only; await stop().
#pragma once

#include "controlplane-sim/deploy/cloud.h"
#include "controlplane-sim/inventory/inventory.h"
#include "controlplane-sim/vsphere/session_pool.h"

namespace pcg::controlplane {

// What a list may be of, at an endpoint of this kind ("vcenter", "maas"); empty: nothing is listed.
std::vector<std::string> inventoryKindsOf(const std::string& endpointKind);

class EndpointKinds final : public deploy::CloudSource, public inventory::Source {
  public:
    EndpointKinds(net::Loop& loop,
                  deploy::EndpointAccess& access,
                  const Clock& clock,
                  Random& random)
        : loop_(loop), access_(access), clock_(clock), random_(random), sessions_(loop, clock) {}

    // Both: what EndpointAccess says; deploy.rejected for an endpoint of another kind.
    net::Task<Result<std::shared_ptr<deploy::Cloud>>> open(TenantScope scope,
                                                           wire::GatewayId gateway,
                                                           wire::EndpointId endpoint) override;
    net::Task<Result<std::shared_ptr<inventory::Inventory>>> inventoryOf(
        TenantScope scope, inventory::Place place) override;

    // Its key is another one now.
    void forget(const wire::EndpointId& endpoint) { sessions_.forget(endpoint); }

    // Logs out everywhere, for as long as `drain` allows.
    net::Task<void> stop(std::chrono::milliseconds drain) { return sessions_.stop(drain); }

  private:
    net::Task<Result<deploy::Access>> accessTo(TenantScope scope, inventory::Place place);

    net::Loop& loop_;
    deploy::EndpointAccess& access_;
    const Clock& clock_;
    Random& random_;
    vsphere::SessionPool sessions_;
};

}  // namespace pcg::controlplane
