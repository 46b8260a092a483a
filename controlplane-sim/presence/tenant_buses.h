// SPDX-License-Identifier: Apache-2.0
// The control plane's own links to the broker: one for each tenant, as that tenant's account, so
// that no route between tenants exists in this process either. Loop thread only. Each owns one
// thread (bus::NatsBus), ended by close() or stopAll().
#pragma once

#include "common/bus/nats_bus.h"
#include "common/wire/ids.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pcg::controlplane {

class TenantBuses {
  public:
    // At least one broker; several are tried in turn. `random` must outlive it.
    TenantBuses(net::Loop& loop,
                std::shared_ptr<net::Dialer> dialer,
                std::vector<net::Target> brokers,
                Random& random)
        : loop_(loop), dialer_(std::move(dialer)), brokers_(std::move(brokers)), random_(random) {}

    // Starts the tenant's link if there is none yet. The reference is good until close() or
    // stopAll().
    bus::NatsBus& open(const wire::TenantId& tenant,
                       std::shared_ptr<const bus::BusCredentials> credentials);

    bus::NatsBus* find(const wire::TenantId& tenant);

    net::Task<void> close(wire::TenantId tenant, std::chrono::milliseconds drainLimit);

    // One after the other, sharing the limit.
    net::Task<void> stopAll(std::chrono::milliseconds drainLimit);

  private:
    net::Loop& loop_;
    std::shared_ptr<net::Dialer> dialer_;
    std::vector<net::Target> brokers_;
    Random& random_;
    std::map<std::string, std::unique_ptr<bus::NatsBus>> buses_;
};

}  // namespace pcg::controlplane
