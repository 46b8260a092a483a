// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/presence/tenant_buses.h"

#include "common/wire/subjects.h"

#include <algorithm>

namespace pcg::controlplane {

bus::NatsBus& TenantBuses::open(const wire::TenantId& tenant,
                                std::shared_ptr<const bus::BusCredentials> credentials) {
    auto& slot = buses_[tenant.text()];
    if (slot) return *slot;
    bus::NatsBusOptions options;
    options.name = "controlplane " + tenant.text();
    options.broker = brokers_.front();
    options.alternates.assign(brokers_.begin() + 1, brokers_.end());
    options.inboxPrefix = wire::kControlPlaneInboxPrefix;
    options.credentials = std::move(credentials);
    slot = std::make_unique<bus::NatsBus>(loop_, dialer_, std::move(options), random_);
    slot->start();
    return *slot;
}

bus::NatsBus* TenantBuses::find(const wire::TenantId& tenant) {
    const auto place = buses_.find(tenant.text());
    return place == buses_.end() ? nullptr : place->second.get();
}

net::Task<void> TenantBuses::close(wire::TenantId tenant, std::chrono::milliseconds drainLimit) {
    auto node = buses_.extract(tenant.text());
    if (node.empty()) co_return;
    co_await node.mapped()->stop(drainLimit);
}

net::Task<void> TenantBuses::stopAll(std::chrono::milliseconds drainLimit) {
    const auto end = std::chrono::steady_clock::now() + drainLimit;
    while (!buses_.empty()) {
        auto node = buses_.extract(buses_.begin());
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        const auto limit = std::max(left, std::chrono::milliseconds(0));
        co_await node.mapped()->stop(limit);
    }
}

}  // namespace pcg::controlplane
