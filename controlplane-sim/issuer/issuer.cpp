// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/issuer/issuer.h"

#include "common/wire/limits.h"
#include "common/wire/subjects.h"
#include "controlplane-sim/issuer/bus_user.h"
#include "controlplane-sim/issuer/errc.h"

namespace pcg::controlplane::issuer {
namespace {

using identity::AccountClaims;
using identity::kUnlimited;
using identity::UserKey;
using identity::UserScope;

constexpr std::int64_t kMaxPayload = 1024 * 1024;
constexpr std::int64_t kGatewaySubscriptions = 32;

// The ingress holds one subscription for each OPEN that may be unanswered at once. A broker that
// counts to less ends the link, and ends it again after each reconnect.
constexpr std::int64_t kIngressSubscriptions = wire::kOpenSlots;
// Every token of a key that was revoked earlier has ended, and none is issued again.
constexpr std::chrono::seconds kRevocationTold = kMaxTokenLifetime + std::chrono::days{1};
constexpr std::string_view kOwnNkey = "{{subject()}}";

Error unknownTenant(const wire::TenantId& tenant) {
    return {kUnknownTenant, "The tenant " + tenant.text() + " has no account on the bus yet."};
}

Result<Secret> loadOrMake(const PkiStorage& storage,
                          const std::string& name,
                          const Result<Secret>& fresh) {
    if (auto stored = PCG_TRY(storage.get(name))) return std::move(*stored);
    if (!fresh) return fail(fresh.error());
    PCG_TRY(storage.put(name, *fresh));
    return fresh->clone();
}

UserScope gatewayScope(const TenantSeeds& seeds) {
    auto subjects = wire::gatewayPermissions(kOwnNkey);
    return {seeds.gateways.publicKey(),
            "gateway",
            std::move(subjects.publish),
            std::move(subjects.subscribe),
            kGatewaySubscriptions,
            kMaxPayload};
}

UserScope controlPlaneScope(const TenantSeeds& seeds) {
    auto subjects = wire::controlPlanePermissions();
    return {seeds.controlPlane.publicKey(),
            "cp",
            std::move(subjects.publish),
            std::move(subjects.subscribe),
            kUnlimited,
            kMaxPayload};
}

UserScope systemScope(const OperatorSeeds& seeds) {
    return {seeds.systemUsers.publicKey(),
            "issuer",
            {"$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.SERVER.PING"},
            {std::string(kSystemInboxPrefix) + ".>",
             "$SYS.ACCOUNT.*.CONNECT",
             "$SYS.ACCOUNT.*.DISCONNECT"},
            kUnlimited,
            kMaxPayload};
}

Result<UserKey> userKeyOf(const wire::UserNkey& nkey) { return UserKey::parse(nkey.text()); }

}  // namespace

std::string tenantKeysName(const wire::TenantId& tenant) { return "bus.tenant." + tenant.text(); }

Result<std::unique_ptr<Issuer>> Issuer::open(const PkiStorage& storage,
                                             Random& random,
                                             const Clock& clock,
                                             std::chrono::seconds gatewayToken) {
    const auto fresh = PCG_TRY(OperatorSeeds::generate(random));
    const auto kept = PCG_TRY(loadOrMake(storage, "bus.operator", fresh.toSecret()));
    auto seeds = PCG_TRY(OperatorSeeds::fromSecret(kept));
    return std::unique_ptr<Issuer>(new Issuer(std::move(seeds), random, clock, gatewayToken));
}

Result<std::string> Issuer::operatorJwt() const {
    return identity::makeOperatorJwt(
        operator_.identity,
        {"PCG", {operator_.signing.publicKey()}, operator_.system.publicKey()},
        clock_.wallNow());
}

Result<std::string> Issuer::systemAccountJwt() const {
    AccountClaims claims{.subject = operator_.system.publicKey(),
                         .name = "SYS",
                         .limits = {16, kUnlimited, kMaxPayload},
                         .scopes = {systemScope(operator_)},
                         .revokedUsers = {},
                         .allRevokedUntil = std::nullopt};
    return identity::makeAccountJwt(operator_.signing, claims, clock_.wallNow());
}

Result<> Issuer::openTenant(const PkiStorage& storage,
                            const wire::TenantId& tenant,
                            std::size_t gateways,
                            const std::vector<std::pair<wire::UserNkey, WallTime>>& revoked) {
    const auto fresh = PCG_TRY(TenantSeeds::generate(random_));
    const auto kept = PCG_TRY(loadOrMake(storage, tenantKeysName(tenant), fresh.toSecret()));
    auto seeds = PCG_TRY(TenantSeeds::fromSecret(kept));
    TenantState state{std::make_shared<const TenantSeeds>(std::move(seeds)), gateways, {}};
    for (const auto& [nkey, at] : revoked) state.revoked.insert_or_assign(nkey.text(), at);
    tenants_.withLock(
        [&](Tenants& tenants) { tenants.insert_or_assign(tenant.text(), std::move(state)); });
    return {};
}

Result<Issuer::TenantState> Issuer::stateOf(const wire::TenantId& tenant) const {
    return tenants_.withLock([&](const Tenants& tenants) -> Result<TenantState> {
        const auto found = tenants.find(tenant.text());
        if (found == tenants.end()) return fail(unknownTenant(tenant));
        return found->second;
    });
}

Result<std::string> Issuer::accountJwt(const wire::TenantId& tenant) const {
    const auto state = PCG_TRY(stateOf(tenant));
    const auto gateways = static_cast<std::int64_t>(state.gateways);
    const auto now = clock_.wallNow();
    AccountClaims claims{
        .subject = state.seeds->account,
        .name = "T-" + tenant.text(),
        .limits = {2 * gateways + 8, 64 * gateways + 64 + kIngressSubscriptions, kMaxPayload},
        .scopes = {gatewayScope(*state.seeds), controlPlaneScope(*state.seeds)},
        .revokedUsers = {},
        .allRevokedUntil = std::nullopt};
    for (const auto& [text, at] : state.revoked) {
        if (now - at > kRevocationTold) continue;
        // The key is never issued for again, so "everything until now" stays true however late this
        // is pushed.
        auto nkey = PCG_TRY(UserKey::parse(text));
        claims.revokedUsers.emplace(std::move(nkey), identity::toUnixSeconds(now));
    }
    return identity::makeAccountJwt(operator_.signing, claims, now);
}

Result<std::string> Issuer::accountKey(const wire::TenantId& tenant) const {
    const auto state = PCG_TRY(stateOf(tenant));
    return state.seeds->account.text();
}

Result<std::string> Issuer::gatewayJwt(const wire::TenantId& tenant,
                                       const wire::UserNkey& nkey) const {
    const auto state = PCG_TRY(stateOf(tenant));
    if (state.revoked.contains(nkey.text())) {
        return fail(
            kRevoked,
            "This gateway key was revoked; the gateway must be paired again with a new key.");
    }
    const auto key = PCG_TRY(userKeyOf(nkey));
    const auto now = clock_.wallNow();
    return identity::makeUserJwt(
        state.seeds->gateways, {key, "gateway", state.seeds->account, now + gatewayToken_}, now);
}

Result<> Issuer::setGateways(const wire::TenantId& tenant, std::size_t gateways) {
    return tenants_.withLock([&](Tenants& tenants) -> Result<> {
        const auto found = tenants.find(tenant.text());
        if (found == tenants.end()) return fail(unknownTenant(tenant));
        found->second.gateways = gateways;
        return {};
    });
}

Result<> Issuer::revoke(const wire::TenantId& tenant, const wire::UserNkey& nkey) {
    PCG_TRY(userKeyOf(nkey));
    return tenants_.withLock([&](Tenants& tenants) -> Result<> {
        const auto found = tenants.find(tenant.text());
        if (found == tenants.end()) return fail(unknownTenant(tenant));
        found->second.revoked.insert_or_assign(nkey.text(), clock_.wallNow());
        return {};
    });
}

Result<std::string> Issuer::tombstoneJwt(const wire::TenantId& tenant) {
    const auto state = PCG_TRY(stateOf(tenant));
    const auto nobody = PCG_TRY(TenantSeeds::generate(random_));
    const auto now = clock_.wallNow();
    AccountClaims claims{.subject = state.seeds->account,
                         .name = "T-" + tenant.text() + " (left)",
                         .limits = {},
                         .scopes = {gatewayScope(nobody)},
                         .revokedUsers = {},
                         .allRevokedUntil = identity::toUnixSeconds(now)};
    auto jwt = PCG_TRY(identity::makeAccountJwt(operator_.signing, claims, now));
    tenants_.withLock([&](Tenants& tenants) { tenants.erase(tenant.text()); });
    return jwt;
}

Result<std::shared_ptr<const bus::BusCredentials>> Issuer::controlPlaneUser(
    const wire::TenantId& tenant) const {
    const auto state = PCG_TRY(stateOf(tenant));
    auto key = PCG_TRY(identity::UserKeyPair::generate(random_));
    auto mint = [seeds = state.seeds, &clock = clock_](const UserKey& user) {
        const auto now = clock.wallNow();
        return identity::makeUserJwt(seeds->controlPlane,
                                     {user, "control-plane", seeds->account, now + kOwnJwtLifetime},
                                     now);
    };
    return std::make_shared<const BusUser>(std::move(key), std::move(mint));
}

Result<std::shared_ptr<const bus::BusCredentials>> Issuer::systemUser() const {
    auto key = PCG_TRY(identity::UserKeyPair::generate(random_));
    auto mint = [this](const UserKey& user) {
        const auto now = clock_.wallNow();
        return identity::makeUserJwt(
            operator_.systemUsers,
            {user, "issuer", operator_.system.publicKey(), now + kOwnJwtLifetime},
            now);
    };
    return std::make_shared<const BusUser>(std::move(key), std::move(mint));
}

}  // namespace pcg::controlplane::issuer
