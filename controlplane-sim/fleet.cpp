// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/fleet.h"

#include "common/log/log.h"
#include "common/wire/limits.h"
#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/tenant_vault.h"

#include <algorithm>
#include <utility>

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"fleet"};
constexpr std::chrono::seconds kClaimsRetry{2};
constexpr int kClaimsAttempts = 3;
constexpr std::chrono::milliseconds kAskWithin{10'000};  // until the gateway takes it

// For the messages that tell a leaving tenant's gateways.
constexpr std::chrono::seconds kLastWords{2};
constexpr std::size_t kMaxInstances = 8;

// Half of the process's, so that no tenant can take it all.
constexpr ByteCount kTenantWindow = wire::kMaxGlobalWindow / 2;

}  // namespace

Fleet::Fleet(Parts parts)
    : parts_(std::move(parts)),
      presence_(parts_.loop.get_executor(), parts_.clock, events()),
      retry_(parts_.loop.get_executor()),
      reported_(parts_.loop.get_executor(), SteadyTime::max()) {}

Presence::Events Fleet::events() {
    Presence::Events events;
    events.onHello = [this](const auto& tenant, const auto& id, const HelloReport& hello) {
        onHello(tenant, id, hello);
    };
    events.onInventory = [this](const auto& tenant, const auto& id, auto reported) {
        onInventory(tenant, id, std::move(reported));
    };
    events.onAuditHeads = [this](const auto& tenant, const auto& id, auto heads) {
        parts_.watch.auditHeads(tenant, id, std::move(heads));
    };
    events.onUploads = [this](const auto& tenant, const auto& id, const auto& report) {
        parts_.uploads.reported(tenant, id, report);
    };
    events.onChange =
        [this](const wire::TenantId& tenant, const wire::GatewayId& id, const LiveGateway& live) {
            parts_.watch.linkChanged(tenant, id, live);
            kLog.info(live.online ? "gateway.online" : "gateway.offline",
                      {{"tenant_id", tenant.text()}, {"gateway_id", id.text()}, {"why", live.why}});
        };
    return events;
}

std::string Fleet::ingressHost(const wire::EndpointId& endpoint, const std::string& publicHost) {
    return endpoint.text().substr(3) + ".ingress." + publicHost;
}

net::Task<Result<>> Fleet::start() {
    PCG_CO_TRY(const auto stored, co_await loadAll());
    Result<> broker;  // one that is away is not waited for again and again
    for (const auto& tenant : stored.tenants) {
        PCG_CO_CHECK(co_await openKeys(tenant));
        if (broker) {
            broker = co_await publishClaims(tenant);
            if (!broker) kLog.failure(log::Level::Warn, "claims.not_taken", broker.error());
        }
        if (!broker) unpublished_.insert(tenant);
        PCG_CO_CHECK(openRuntime(tenant));
    }
    for (const auto& gateway : stored.gateways) {
        expect(gateway.tenant, gateway.id, gateway.nkey);
        if (!gateway.quarantine.empty())
            presence_.quarantine(gateway.tenant, gateway.id, gateway.quarantine);
    }
    for (const auto& endpoint : stored.endpoints) {
        const auto served = serve(endpoint);
        if (!served)
            kLog.failure(
                log::Level::Error, "ingress.failed", served.error(), {{"endpoint", endpoint.name}});
    }
    net::asio::co_spawn(parts_.loop, keepClaims(), net::asio::detached);
    co_return Result<>{};
}

net::Task<void> Fleet::stop(std::chrono::milliseconds drain) {
    stopping_ = true;
    retry_.cancel();
    reported_.cancel();
    co_await parts_.ingress.stop(drain);
    for (auto& [tenant, runtime] : tenants_) {
        presence_.detach(tenant);
        runtime->connector.reset();
    }
    co_await parts_.buses.stopAll(drain);
}

net::Task<Result<Fleet::Stored>> Fleet::loadAll() {
    auto work = [&authority = parts_.authority](store::Database& database) -> Result<Stored> {
        Stored stored;
        for (const auto& tenant : PCG_TRY(Accounts(database).list()))
            stored.tenants.push_back(tenant.id);
        stored.gateways = PCG_TRY(Gateways(database).all(authority));
        stored.endpoints = PCG_TRY(Gateways(database).allEndpoints(authority));
        return stored;
    };
    co_return co_await parts_.store.run(std::move(work));
}

net::Task<Result<>> Fleet::openKeys(wire::TenantId tenant) {
    auto work = [this, tenant](store::Database& database) -> Result<> {
        const auto scope = parts_.authority.scopeOf(tenant);
        const auto gateways = PCG_TRY(Gateways(database).list(scope)).size();
        const auto revoked = PCG_TRY(Gateways(database).revoked(scope));
        TenantSecrets secrets(database, scope);
        const PkiStorage sealed{[&secrets](const std::string& name) { return secrets.get(name); },
                                [&secrets](const std::string& name, const Secret& value) {
                                    return secrets.put(name, value);
                                }};
        return parts_.issuer.openTenant(sealed, tenant, gateways, revoked);
    };
    co_return co_await parts_.store.run(std::move(work));
}

Result<> Fleet::openRuntime(const wire::TenantId& tenant) {
    if (tenants_.contains(tenant)) return {};
    auto& bus = parts_.buses.open(tenant, PCG_TRY(parts_.issuer.controlPlaneUser(tenant)));
    PCG_TRY(presence_.attach(tenant, bus));
    auto runtime = std::make_unique<TenantRuntime>();
    auto window = std::make_shared<stream::WindowPool>(kTenantWindow, &parts_.window);
    runtime->connector = std::make_unique<tunnel::Connector>(
        parts_.loop, bus, parts_.instance, std::move(window), parts_.random);
    PCG_TRY(runtime->connector->start());
    tenants_.emplace(tenant, std::move(runtime));
    return {};
}

net::Task<Result<>> Fleet::publishClaims(wire::TenantId tenant) {
    unpublished_.insert(tenant);
    Result<> outcome;
    for (int attempt = 0; attempt < kClaimsAttempts && !stopping_; ++attempt) {
        PCG_CO_TRY(auto claims, parts_.issuer.accountJwt(tenant));
        outcome = co_await parts_.claims.publish(std::move(claims));
        if (outcome) {
            unpublished_.erase(tenant);
            co_return Result<>{};
        }
        net::Timer pause(parts_.loop.get_executor(), std::chrono::milliseconds(300));
        co_await pause.async_wait(net::kAwaitTuple);
    }
    co_return outcome;
}

// What the broker did not take (it was away, it was restarted) it is told again until it does.
net::Task<void> Fleet::keepClaims() {
    while (!stopping_) {
        retry_.expires_after(kClaimsRetry);
        co_await retry_.async_wait(net::kAwaitTuple);
        const auto waiting = unpublished_;
        for (const auto& tenant : waiting) {
            if (stopping_) break;
            const auto published = co_await publishClaims(tenant);
            if (published) kLog.info("claims.taken", {{"tenant_id", tenant.text()}});
        }
    }
}

net::Task<Result<>> Fleet::tenantCreated(wire::TenantId tenant) {
    PCG_CO_CHECK(co_await openKeys(tenant));
    PCG_CO_CHECK(co_await publishClaims(tenant));
    co_return openRuntime(tenant);
}

net::Task<Result<>> Fleet::gatewayIssued(wire::TenantId tenant,
                                         wire::GatewayId id,
                                         wire::UserNkey nkey) {
    const auto runtime = tenants_.find(tenant);
    if (runtime == tenants_.end()) co_return fail(kNotFound, "The tenant is not served here.");
    expect(tenant, id, nkey);
    parts_.watch.paired(tenant, id);
    PCG_CO_CHECK(parts_.issuer.setGateways(tenant, runtime->second->gateways.size()));
    co_return co_await publishClaims(tenant);
}

// It stays in sight, with the reason, and its endpoints answer that it is not there.
net::Task<Result<>> Fleet::gatewayQuarantined(wire::TenantId tenant,
                                              wire::GatewayId id,
                                              wire::UserNkey nkey,
                                              std::string why) {
    presence_.quarantine(tenant, id, why);
    PCG_CO_CHECK(parts_.issuer.revoke(tenant, nkey));
    co_return co_await publishClaims(tenant);
}

void Fleet::brokerUp() {
    for (const auto& [tenant, runtime] : tenants_) unpublished_.insert(tenant);
    retry_.cancel();
}

net::Task<Result<>> Fleet::nkeyRevoked(wire::TenantId tenant, wire::UserNkey nkey) {
    const auto runtime = tenants_.find(tenant);
    if (runtime != tenants_.end()) {
        std::optional<wire::GatewayId> owner;
        for (const auto& [id, gateway] : runtime->second->gateways) {
            if (gateway.nkey == nkey) owner = id;
        }
        if (owner) forget(tenant, *owner);
    }
    PCG_CO_CHECK(parts_.issuer.revoke(tenant, nkey));
    co_return co_await publishClaims(tenant);
}

net::Task<Result<std::string>> Fleet::tenantLeaves(wire::TenantId tenant) {
    PCG_CO_TRY(auto tombstone, parts_.issuer.tombstoneJwt(tenant));
    unpublished_.erase(tenant);
    const auto runtime = tenants_.find(tenant);
    if (runtime == tenants_.end()) co_return std::move(tombstone);
    std::vector<wire::GatewayId> gateways;
    for (const auto& [id, gateway] : runtime->second->gateways) gateways.push_back(id);
    for (const auto& id : gateways) {
        presence_.sendUnpair(tenant, id, "the tenant left");
        forget(tenant, id);
    }
    presence_.detach(tenant);
    auto leaving = std::move(runtime->second);
    tenants_.erase(runtime);
    leaving.reset();  // ends its calls; what they still hold goes with the last of them
    co_await parts_.buses.close(tenant, kLastWords);
    co_return std::move(tombstone);
}

net::Task<Result<>> Fleet::prepare(wire::TenantId tenant) {
    if (tenants_.contains(tenant) && !unpublished_.contains(tenant)) co_return Result<>{};
    co_return co_await tenantCreated(tenant);
}

net::Task<Result<>> Fleet::gatewayReleased(TenantScope scope, wire::GatewayId id) {
    const auto tenant = scope.tenant();
    auto* gateway = find(tenant, id);
    if (gateway == nullptr) co_return Result<>{};
    const auto nkey = gateway->nkey;
    presence_.sendUnpair(tenant, id, "released by the tenant");
    parts_.watch.released(tenant, id);
    forget(tenant, id);
    PCG_CO_CHECK(parts_.issuer.revoke(tenant, nkey));
    co_return co_await publishClaims(tenant);
}

void Fleet::expect(const wire::TenantId& tenant,
                   const wire::GatewayId& id,
                   const wire::UserNkey& nkey) {
    const auto runtime = tenants_.find(tenant);
    if (runtime == tenants_.end()) return;
    auto& gateways = runtime->second->gateways;
    const auto known = gateways.find(id);
    if (known != gateways.end()) {
        known->second.nkey = nkey;
        known->second.boot.reset();
        known->second.instances.clear();
    } else {
        gateways.emplace(id, GatewayRuntime{nkey, std::nullopt, {}, {}, {}});
    }
    presence_.expect(tenant, id, nkey);
}

void Fleet::forget(const wire::TenantId& tenant, const wire::GatewayId& id) {
    presence_.forget(tenant, id);
    const auto runtime = tenants_.find(tenant);
    if (runtime == tenants_.end()) return;
    const auto gateway = runtime->second->gateways.find(id);
    if (gateway == runtime->second->gateways.end()) return;
    for (const auto& endpoint : gateway->second.served) {
        parts_.ingress.remove(endpoint);
        parts_.traffic.forget(endpoint);
    }
    runtime->second->gateways.erase(gateway);
}

Fleet::GatewayRuntime* Fleet::find(const wire::TenantId& tenant, const wire::GatewayId& id) {
    const auto runtime = tenants_.find(tenant);
    if (runtime == tenants_.end()) return nullptr;
    const auto gateway = runtime->second->gateways.find(id);
    return gateway == runtime->second->gateways.end() ? nullptr : &gateway->second;
}

net::Task<Result<GatewayAnswer>> Fleet::ask(TenantScope scope,
                                            wire::GatewayId gateway,
                                            GatewayRequest request) {
    const auto* known = find(scope.tenant(), gateway);
    if (known == nullptr || stopping_) {
        co_return fail(kGatewayOffline, "The gateway has no link: pair it again.");
    }
    tunnel::Target target{known->nkey, wire::noEndpoint(), wire::Surface::Gateway, kAskWithin};
    auto caller = tenants_.at(scope.tenant())->connector->caller(std::move(target));
    auto executor = parts_.loop.get_executor();
    co_return co_await askGateway(executor, std::move(caller), std::move(request));
}

void Fleet::onHello(const wire::TenantId& tenant,
                    const wire::GatewayId& id,
                    const HelloReport& hello) {
    auto* gateway = find(tenant, id);
    if (gateway == nullptr) return;
    // A daemon that changes to a new link has two instances for a while, and the streams of the old
    // one go on.
    auto& instances = gateway->instances;
    const bool sameRun = hello.boot && gateway->boot == hello.boot;
    const bool known =
        std::find(instances.begin(), instances.end(), hello.instance) != instances.end();
    if (known && (sameRun || !hello.boot)) return;
    if (!sameRun || instances.size() >= kMaxInstances) {
        for (const auto& old : std::exchange(instances, {})) {
            if (old != hello.instance)
                tenants_.at(tenant)->connector->gatewayRestarted(gateway->nkey, old);
        }
    }
    if (!sameRun) parts_.watch.started(tenant, id, hello.version);
    gateway->boot = hello.boot;
    instances.push_back(hello.instance);
}

}  // namespace pcg::controlplane
