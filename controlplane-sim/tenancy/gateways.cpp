// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/gateways.h"

#include "common/base/assert.h"
#include "common/base/text.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/tenant_vault.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr const char* kGatewayColumns =
    "SELECT tenant_id, id, name_sealed, device_spki, nkey, epoch, state, bound_at_ms, "
    "quarantine_why, recover_until_ms, renewals, kind FROM gateways ";
constexpr const char* kEndpointColumns =
    "SELECT tenant_id, gateway_id, id, name_sealed, kind, state, why_sealed, ingress_port, present "
    "FROM endpoints ";

constexpr std::size_t kMostGateways = 20'000;      // of one tenant
constexpr std::size_t kAbsentEndpointsKept = 256;  // of one gateway

store::Cell cellOf(const char* table, const std::string& id, const char* column) {
    return {table, id, column};
}

// Empty where nothing is sealed: a released gateway has no name. Without a vault the platform asks,
// which has no business with names.
Result<std::string> opened(const TenantVault* vault,
                           const store::Row& row,
                           std::size_t column,
                           const store::Cell& cell) {
    if (vault == nullptr || row.isNull(column)) return std::string();
    return vault->open(cell, row.blob(column));
}

GatewayState stateOf(std::string_view name) {
    if (name == "issued") return GatewayState::Issued;
    if (name == "active") return GatewayState::Active;
    PCG_ASSERT(name == "released");  // the table's CHECK allows no other
    return GatewayState::Released;
}

GatewayKind kindOf(std::string_view name) {
    return name == "system" ? GatewayKind::System : GatewayKind::Paired;
}

Result<Gateway> gatewayOf(const store::Row& row, const TenantVault* vault) {
    auto tenant = PCG_TRY(wire::parseTenantId(row.text(0)));
    auto id = PCG_TRY(wire::parseGatewayId(row.text(1)));
    auto name = PCG_TRY(opened(vault, row, 2, cellOf("gateways", row.text(1), "name_sealed")));
    auto nkey = PCG_TRY(wire::parseUserNkey(row.text(4)));
    std::optional<WallTime> recoverUntil;
    if (const auto until = row.optionalInteger(9)) recoverUntil = fromUnixMilliseconds(*until);
    return Gateway{std::move(tenant),
                   std::move(id),
                   std::move(name),
                   row.blob(3),
                   std::move(nkey),
                   row.integer(5),
                   stateOf(row.text(6)),
                   fromUnixMilliseconds(row.integer(7)),
                   row.optionalText(8).value_or(std::string()),
                   recoverUntil,
                   row.optionalInteger(10),
                   kindOf(row.text(11))};
}

Result<std::vector<Gateway>> gatewaysOf(Result<store::Rows> answer, const TenantVault* vault) {
    std::vector<Gateway> gateways;
    const auto rows = PCG_TRY(std::move(answer));
    for (const auto& row : rows) gateways.push_back(PCG_TRY(gatewayOf(row, vault)));
    return gateways;
}

Result<std::optional<Gateway>> gatewayOrNone(Result<std::optional<store::Row>> answer,
                                             const TenantVault* vault) {
    const auto row = PCG_TRY(std::move(answer));
    if (!row) return std::nullopt;
    return PCG_TRY(gatewayOf(*row, vault));
}

Result<std::vector<Endpoint>> endpointsOf(Result<store::Rows> answer, const TenantVault* vault) {
    std::vector<Endpoint> endpoints;
    const auto rows = PCG_TRY(std::move(answer));
    for (const auto& row : rows) {
        std::optional<std::uint16_t> port;
        if (const auto stored = row.optionalInteger(7)) port = static_cast<std::uint16_t>(*stored);
        auto tenant = PCG_TRY(wire::parseTenantId(row.text(0)));
        auto gateway = PCG_TRY(wire::parseGatewayId(row.text(1)));
        auto id = PCG_TRY(wire::parseEndpointId(row.text(2)));
        auto name = PCG_TRY(opened(vault, row, 3, cellOf("endpoints", row.text(2), "name_sealed")));
        auto why = PCG_TRY(opened(vault, row, 6, cellOf("endpoints", row.text(2), "why_sealed")));
        endpoints.push_back({std::move(tenant),
                             std::move(gateway),
                             std::move(id),
                             std::move(name),
                             row.text(4),
                             row.text(5),
                             std::move(why),
                             port,
                             row.flag(8)});
    }
    return endpoints;
}

Result<> put(store::Database& database,
             TenantVault& vault,
             const TenantScope& scope,
             const wire::GatewayId& gateway,
             const ReportedEndpoint& endpoint) {
    const auto& id = endpoint.id.text();
    auto name = PCG_TRY(vault.seal(cellOf("endpoints", id, "name_sealed"), endpoint.name));
    auto why = PCG_TRY(vault.seal(cellOf("endpoints", id, "why_sealed"), endpoint.why));
    // The conflict clause's WHERE is what keeps a foreign row where it is.
    PCG_TRY(database.execute(
        R"(INSERT INTO endpoints (id, tenant_id, gateway_id, name, kind, state, why, present,
             name_sealed, why_sealed, key_epoch)
           VALUES (?, ?, ?, '', ?, ?, '', 1, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, state = excluded.state,
             name_sealed = excluded.name_sealed, why_sealed = excluded.why_sealed,
             key_epoch = excluded.key_epoch, present = 1
           WHERE tenant_id = excluded.tenant_id AND gateway_id = excluded.gateway_id)",
        {id,
         scope.tenant().text(),
         gateway.text(),
         endpoint.kind,
         endpoint.state,
         std::move(name),
         std::move(why),
         vault.epoch()}));
    return {};
}

}  // namespace

std::string_view nameOf(GatewayKind kind) {
    return kind == GatewayKind::System ? "system" : "paired";
}

Result<std::vector<Gateway>> Gateways::list(const TenantScope& scope) {
    const TenantVault vault(database_, scope);
    auto gateways = PCG_TRY(
        gatewaysOf(database_.query(std::string(kGatewayColumns) +
                                       "WHERE tenant_id = ? AND state <> 'released' LIMIT 10000",
                                   {scope.tenant().text()}),
                   &vault));
    std::sort(gateways.begin(), gateways.end(), [](const Gateway& a, const Gateway& b) {
        return a.name < b.name;
    });
    return gateways;
}

// Names are sealed, so they are opened and sorted here.
Result<std::vector<GatewayName>> Gateways::names(const TenantScope& scope,
                                                 const std::string& text,
                                                 const std::string& after,
                                                 std::size_t limit) {
    const TenantVault vault(database_, scope);
    const auto wanted = toLowerAscii(text);
    std::vector<GatewayName> found;
    const auto rows =
        PCG_TRY(database_.query("SELECT id, name_sealed, state, kind FROM gateways WHERE tenant_id "
                                "= ? AND state <> 'released' "
                                "LIMIT ?",
                                {scope.tenant().text(), kMostGateways}));
    for (const auto& row : rows) {
        auto name = PCG_TRY(opened(&vault, row, 1, cellOf("gateways", row.text(0), "name_sealed")));
        const bool matches = toLowerAscii(name).find(wanted) != std::string::npos ||
                             row.text(0).find(wanted) != std::string::npos;
        if (name <= after || !matches) continue;
        auto id = PCG_TRY(wire::parseGatewayId(row.text(0)));
        found.push_back(
            {std::move(id), std::move(name), stateOf(row.text(2)), kindOf(row.text(3))});
    }
    const auto count = std::min(limit, found.size());
    const auto byName = [](const GatewayName& a, const GatewayName& b) { return a.name < b.name; };
    std::partial_sort(
        found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(), byName);
    found.erase(found.begin() + static_cast<std::ptrdiff_t>(count), found.end());
    return found;
}

Result<std::vector<Gateway>> Gateways::list(const TenantScope& scope,
                                            const std::string& text,
                                            const std::string& after,
                                            std::size_t limit) {
    std::vector<Gateway> page;
    const auto chosen = PCG_TRY(names(scope, text, after, limit));
    for (const auto& one : chosen) {
        auto gateway = PCG_TRY(find(scope, one.id));
        if (gateway) page.push_back(std::move(*gateway));
    }
    return page;
}

Result<std::optional<Gateway>> Gateways::find(const TenantScope& scope, const wire::GatewayId& id) {
    const TenantVault vault(database_, scope);
    return gatewayOrNone(
        database_.queryOne(
            std::string(kGatewayColumns) + "WHERE tenant_id = ? AND id = ? AND state <> 'released'",
            {scope.tenant().text(), id.text()}),
        &vault);
}

Result<std::vector<Gateway>> Gateways::all(const PlatformAuthority&) {
    return gatewaysOf(database_.query(std::string(kGatewayColumns) +
                                      "WHERE state <> 'released' ORDER BY id LIMIT 100000"),
                      nullptr);
}

Result<std::optional<Gateway>> Gateways::byId(const PlatformAuthority&, const wire::GatewayId& id) {
    return gatewayOrNone(
        database_.queryOne(std::string(kGatewayColumns) + "WHERE id = ?", {id.text()}), nullptr);
}

Result<std::vector<Gateway>> Gateways::systemOnes(const TenantScope& scope) {
    return gatewaysOf(
        database_.query(
            std::string(kGatewayColumns) +
                "WHERE tenant_id = ? AND kind = 'system' AND state <> 'released' LIMIT 100",
            {scope.tenant().text()}),
        nullptr);
}

Result<> Gateways::rename(const TenantScope& scope,
                          const wire::GatewayId& id,
                          const std::string& name) {
    TenantVault vault(database_, scope);
    PCG_TRY(vault.prepare());
    const auto index = PCG_TRY(vault.index("gateway.name", name));
    return store::transact(database_, [&]() -> Result<> {
        const auto& tenant = scope.tenant().text();
        const auto taken = PCG_TRY(database_.queryOne(
            "SELECT 1 FROM gateways WHERE tenant_id = ? AND name IN (?, ?) AND id <> ? LIMIT 1",
            {tenant, index.newest, index.older, id.text()}));
        if (taken) {
            return fail(
                kNameTaken,
                "Another gateway of your tenant has this name already: choose another one.");
        }
        auto sealed = PCG_TRY(vault.seal(cellOf("gateways", id.text(), "name_sealed"), name));
        const auto renamed = PCG_TRY(database_.execute(
            "UPDATE gateways SET name = ?, name_sealed = ?, key_epoch = ? WHERE tenant_id = ? AND "
            "id = ? AND state <> 'released'",
            {index.newest, std::move(sealed), vault.epoch(), tenant, id.text()}));
        if (renamed == 0) return fail(kNotFound, "No such gateway in this tenant.");
        return {};
    });
}

Result<> Gateways::release(const TenantScope& scope, const wire::GatewayId& id, WallTime now) {
    return store::transact(database_, [&]() -> Result<> { return releaseWithin(scope, id, now); });
}

Result<> Gateways::releaseWithin(const TenantScope& scope,
                                 const wire::GatewayId& id,
                                 WallTime now) {
    const auto gateway = PCG_TRY(find(scope, id));
    if (!gateway) return fail(kNotFound, "No such gateway in this tenant.");
    const auto& tenant = scope.tenant().text();
    PCG_TRY(database_.execute(
        "INSERT OR IGNORE INTO revoked_nkeys (nkey, tenant_id, at_ms) VALUES (?, ?, ?)",
        {gateway->nkey.text(), tenant, toUnixMilliseconds(now)}));
    PCG_TRY(
        database_.execute("UPDATE gateways SET state = 'released', name = id, name_sealed = "
                          "NULL, quarantine_why = NULL, recover_until_ms = NULL "
                          "WHERE tenant_id = ? AND id = ?",
                          {tenant, id.text()}));
    PCG_TRY(database_.execute("DELETE FROM renewals WHERE gateway_id = ?", {id.text()}));
    PCG_TRY(
        database_.execute("UPDATE enrollments SET state = 'released' WHERE tenant_id = ? AND "
                          "gateway_id = ? AND state <> 'expired'",
                          {tenant, id.text()}));
    PCG_TRY(database_.execute("DELETE FROM endpoints WHERE tenant_id = ? AND gateway_id = ?",
                              {tenant, id.text()}));
    return {};
}

Result<> Gateways::allowRecovery(const TenantScope& scope,
                                 const wire::GatewayId& id,
                                 WallTime until) {
    PCG_TRY(
        database_.execute("UPDATE gateways SET recover_until_ms = ? WHERE tenant_id = ? AND id = ?",
                          {toUnixMilliseconds(until), scope.tenant().text(), id.text()}));
    return {};
}

Result<bool> Gateways::isRevoked(const wire::UserNkey& nkey) {
    const auto row =
        PCG_TRY(database_.queryOne("SELECT 1 FROM revoked_nkeys WHERE nkey = ? UNION ALL "
                                   "SELECT 1 FROM retired_nkeys WHERE nkey = ? LIMIT 1",
                                   {nkey.text(), nkey.text()}));
    return row.has_value();
}

Result<std::vector<std::pair<wire::UserNkey, WallTime>>> Gateways::revoked(
    const TenantScope& scope) {
    std::vector<std::pair<wire::UserNkey, WallTime>> nkeys;
    const auto rows = PCG_TRY(database_.query(
        "SELECT nkey, at_ms FROM revoked_nkeys WHERE tenant_id = ? ORDER BY at_ms DESC LIMIT "
        "100000",
        {scope.tenant().text()}));
    for (const auto& row : rows) {
        auto nkey = PCG_TRY(wire::parseUserNkey(row.text(0)));
        nkeys.emplace_back(std::move(nkey), fromUnixMilliseconds(row.integer(1)));
    }
    return nkeys;
}

Result<std::vector<Endpoint>> Gateways::report(const TenantScope& scope,
                                               const wire::GatewayId& gateway,
                                               const std::vector<ReportedEndpoint>& reported) {
    TenantVault vault(database_, scope);
    PCG_TRY(vault.prepare());
    return store::transact(database_, [&]() -> Result<std::vector<Endpoint>> {
        const auto& tenant = scope.tenant().text();
        if (!PCG_TRY(find(scope, gateway)))
            return fail(kNotFound, "No such gateway in this tenant.");
        PCG_TRY(database_.execute(
            "UPDATE endpoints SET present = 0 WHERE tenant_id = ? AND gateway_id = ?",
            {tenant, gateway.text()}));
        for (std::size_t i = 0; i < std::min(reported.size(), kMaxEndpointsPerGateway); ++i) {
            PCG_TRY(put(database_, vault, scope, gateway, reported[i]));
        }
        // An endpoint that comes back keeps its port; one that was never meant to is no row for
        // ever.
        PCG_TRY(database_.execute(
            "DELETE FROM endpoints WHERE tenant_id = ? AND gateway_id = ? AND present = 0 AND "
            "rowid NOT IN (SELECT rowid FROM endpoints WHERE tenant_id = ? AND gateway_id = ? AND "
            "present = 0 ORDER BY rowid DESC LIMIT ?)",
            {tenant, gateway.text(), tenant, gateway.text(), kAbsentEndpointsKept}));
        return endpoints(scope, gateway);
    });
}

Result<std::vector<Endpoint>> Gateways::endpoints(const TenantScope& scope,
                                                  const wire::GatewayId& gateway) {
    const TenantVault vault(database_, scope);
    auto endpoints = PCG_TRY(endpointsOf(
        database_.query(std::string(kEndpointColumns) +
                            "WHERE tenant_id = ? AND gateway_id = ? AND present = 1 LIMIT 256",
                        {scope.tenant().text(), gateway.text()}),
        &vault));
    std::sort(endpoints.begin(), endpoints.end(), [](const Endpoint& a, const Endpoint& b) {
        return a.name < b.name;
    });
    return endpoints;
}

Result<std::vector<Endpoint>> Gateways::allEndpoints(const PlatformAuthority& authority) {
    std::vector<Endpoint> all;
    const auto tenants =
        PCG_TRY(database_.query("SELECT DISTINCT tenant_id FROM endpoints WHERE present = 1"));
    for (const auto& tenant : tenants) {
        const TenantVault vault(database_,
                                authority.scopeOf(PCG_TRY(wire::parseTenantId(tenant.text(0)))));
        auto endpoints = PCG_TRY(endpointsOf(
            database_.query(
                std::string(kEndpointColumns) + "WHERE tenant_id = ? AND present = 1 LIMIT 100000",
                {tenant.text(0)}),
            &vault));
        std::move(endpoints.begin(), endpoints.end(), std::back_inserter(all));
    }
    return all;
}

Result<> Gateways::setIngressPort(const TenantScope& scope,
                                  const wire::EndpointId& id,
                                  std::uint16_t port) {
    PCG_TRY(
        database_.execute("UPDATE endpoints SET ingress_port = ? WHERE tenant_id = ? AND id = ?",
                          {port, scope.tenant().text(), id.text()}));
    return {};
}

}  // namespace pcg::controlplane
