// SPDX-License-Identifier: Apache-2.0
// What gateways report of their endpoints: stored, and given an ingress.
#include "common/log/log.h"
#include "controlplane-sim/fleet.h"
#include "controlplane-sim/tenancy/errc.h"

#include <utility>

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"fleet"};
constexpr std::chrono::seconds kReportWithin{3};

// Each has a port of this machine.
constexpr std::size_t kMaxServedPerTenant = 2'000;

}  // namespace

std::size_t Fleet::servedOf(const wire::TenantId& tenant) const {
    std::size_t served = 0;
    for (const auto& [id, gateway] : tenants_.at(tenant)->gateways) served += gateway.served.size();
    return served;
}

Result<std::uint16_t> Fleet::serve(const Endpoint& endpoint) {
    auto* gateway = find(endpoint.tenant, endpoint.gateway);
    if (gateway == nullptr) return fail(kNotFound, "The endpoint's gateway is not bound any more.");
    if (!gateway->served.contains(endpoint.id) &&
        servedOf(endpoint.tenant) >= kMaxServedPerTenant) {
        return fail(kTooMany,
                    "A tenant has at most " + std::to_string(kMaxServedPerTenant) +
                        " endpoints at the ingress: remove some, or release a gateway.");
    }
    tunnel::Target target{gateway->nkey, endpoint.id};
    TrafficOf whose{endpoint.tenant, endpoint.gateway, endpoint.id, endpoint.name};
    auto caller = parts_.traffic.meter(
        whose, tenants_.at(endpoint.tenant)->connector->caller(std::move(target)));
    IngressRoute route{endpoint.id,
                       ingressHost(endpoint.id, parts_.publicHost),
                       std::move(caller),
                       parts_.traffic.refusals(std::move(whose))};
    const auto port =
        PCG_TRY(parts_.ingress.add(std::move(route), endpoint.ingressPort.value_or(0)));
    gateway->served.insert(endpoint.id);
    return port;
}

// One of a gateway at a time: what it says meanwhile replaces what waits, so that a gateway has one
// job in the storage's queue, however often it reports.
void Fleet::onInventory(const wire::TenantId& tenant,
                        const wire::GatewayId& id,
                        std::vector<ReportedEndpoint> reported) {
    auto* gateway = find(tenant, id);
    if (gateway == nullptr) return;
    if (std::exchange(gateway->applying, true)) {
        gateway->waiting = std::move(reported);
        return;
    }
    net::asio::co_spawn(
        parts_.loop, applyInventories(tenant, id, std::move(reported)), net::asio::detached);
}

net::Task<void> Fleet::applyInventories(wire::TenantId tenant,
                                        wire::GatewayId id,
                                        std::vector<ReportedEndpoint> reported) {
    std::optional<std::vector<ReportedEndpoint>> next = std::move(reported);
    while (next) {
        co_await applyInventory(tenant, id, std::move(*next));
        auto* gateway = find(tenant, id);
        if (gateway == nullptr) co_return;
        next = stopping_ ? std::nullopt : std::exchange(gateway->waiting, std::nullopt);
        if (!next) gateway->applying = false;
    }
}

net::Task<void> Fleet::applyInventory(wire::TenantId tenant,
                                      wire::GatewayId id,
                                      std::vector<ReportedEndpoint> reported) {
    const auto scope = parts_.authority.scopeOf(tenant);

    struct Reported {
        std::vector<Endpoint> before;
        std::vector<Endpoint> after;
    };

    auto work =
        [scope, id, reported = std::move(reported)](store::Database& database) -> Result<Reported> {
        Gateways gateways(database);
        auto before = PCG_TRY(gateways.endpoints(scope, id));
        auto after = PCG_TRY(gateways.report(scope, id, reported));
        return Reported{std::move(before), std::move(after)};
    };
    const auto report = co_await parts_.store.run(std::move(work));
    if (!report) {
        kLog.failure(
            log::Level::Warn, "inventory.refused", report.error(), {{"gateway_id", id.text()}});
        co_return;
    }
    const auto* endpoints = &report->after;
    parts_.watch.endpointsChanged(tenant, id, changesBetween(report->before, report->after));
    auto* gateway = find(tenant, id);
    if (gateway == nullptr || stopping_) co_return;
    auto gone = gateway->served;
    std::vector<std::pair<wire::EndpointId, std::uint16_t>> opened;
    bool isFull = false;
    for (const auto& endpoint : *endpoints) {
        gone.erase(endpoint.id);
        if (isFull && !gateway->served.contains(endpoint.id)) continue;  // said once
        const auto port = serve(endpoint);
        if (!port) {
            kLog.failure(
                log::Level::Error, "ingress.failed", port.error(), {{"endpoint", endpoint.name}});
            isFull = isFull || port.error().is(kTooMany);
        } else if (endpoint.ingressPort != *port) {
            opened.emplace_back(endpoint.id, *port);
        }
    }
    for (const auto& endpoint : gone) {
        parts_.ingress.remove(endpoint);
        parts_.traffic.forget(endpoint);
        gateway->served.erase(endpoint);
    }
    for (const auto& [endpoint, port] : opened) {
        auto keep = [scope, endpoint = endpoint, port = port](store::Database& database) {
            return Gateways(database).setIngressPort(scope, endpoint, port);
        };
        const auto kept = co_await parts_.store.run(std::move(keep));
        if (!kept) kLog.failure(log::Level::Error, "ingress.port_not_kept", kept.error());
    }
    gateway = find(tenant, id);
    if (gateway == nullptr) co_return;
    gateway->reported.clear();
    for (const auto& endpoint : *endpoints) gateway->reported.insert(endpoint.id);
    reported_.cancel();
}

net::Task<void> Fleet::untilReported(TenantScope scope,
                                     wire::GatewayId gateway,
                                     wire::EndpointId endpoint,
                                     bool isThere) {
    const auto giveUp = std::chrono::steady_clock::now() + kReportWithin;
    while (!stopping_ && std::chrono::steady_clock::now() < giveUp) {
        const auto* known = find(scope.tenant(), gateway);
        if (known == nullptr || known->reported.contains(endpoint) == isThere) co_return;
        net::Timer limit(parts_.loop.get_executor(), giveUp);
        limit.async_wait([this](const boost::system::error_code& error) {
            if (!error) reported_.cancel();
        });
        co_await reported_.async_wait(net::kAwaitTuple);
    }
}

}  // namespace pcg::controlplane
