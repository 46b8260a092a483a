// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/gateways.h"

#include "common/base/assert.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {
namespace {

constexpr const char* kGatewayColumns =
    "SELECT tenant_id, id, name, device_spki, nkey, epoch, state, bound_at_ms, "
    "quarantine_why, recover_until_ms, renewals FROM gateways ";
constexpr const char* kEndpointColumns =
    "SELECT tenant_id, gateway_id, id, name, kind, state, why, ingress_port, present FROM "
    "endpoints ";

GatewayState stateOf(std::string_view name) {
    if (name == "issued") return GatewayState::Issued;
    if (name == "active") return GatewayState::Active;
    PCG_ASSERT(name == "released");  // the table's CHECK allows no other
    return GatewayState::Released;
}

Result<Gateway> gatewayOf(const store::Row& row) {
    std::optional<WallTime> recoverUntil;
    if (const auto until = row.optionalInteger(9)) recoverUntil = fromUnixMilliseconds(*until);
    return Gateway{PCG_TRY(wire::parseTenantId(row.text(0))),
                   PCG_TRY(wire::parseGatewayId(row.text(1))),
                   row.text(2),
                   row.blob(3),
                   PCG_TRY(wire::parseUserNkey(row.text(4))),
                   row.integer(5),
                   stateOf(row.text(6)),
                   fromUnixMilliseconds(row.integer(7)),
                   row.optionalText(8).value_or(std::string()),
                   recoverUntil,
                   row.optionalInteger(10)};
}

Result<std::vector<Gateway>> gatewaysOf(Result<store::Rows> answer) {
    std::vector<Gateway> gateways;
    const auto rows = PCG_TRY(std::move(answer));
    for (const auto& row : rows) gateways.push_back(PCG_TRY(gatewayOf(row)));
    return gateways;
}

Result<std::optional<Gateway>> gatewayOrNone(Result<std::optional<store::Row>> answer) {
    const auto row = PCG_TRY(std::move(answer));
    if (!row) return std::nullopt;
    return PCG_TRY(gatewayOf(*row));
}

Result<std::vector<Endpoint>> endpointsOf(Result<store::Rows> answer) {
    std::vector<Endpoint> endpoints;
    const auto rows = PCG_TRY(std::move(answer));
    for (const auto& row : rows) {
        std::optional<std::uint16_t> port;
        if (const auto stored = row.optionalInteger(7)) port = static_cast<std::uint16_t>(*stored);
        endpoints.push_back({PCG_TRY(wire::parseTenantId(row.text(0))),
                             PCG_TRY(wire::parseGatewayId(row.text(1))),
                             PCG_TRY(wire::parseEndpointId(row.text(2))),
                             row.text(3),
                             row.text(4),
                             row.text(5),
                             row.text(6),
                             port,
                             row.flag(8)});
    }
    return endpoints;
}

}  // namespace

Result<std::vector<Gateway>> Gateways::list(const TenantScope& scope) {
    return gatewaysOf(
        database_.query(std::string(kGatewayColumns) +
                            "WHERE tenant_id = ? AND state <> 'released' ORDER BY name LIMIT 10000",
                        {scope.tenant().text()}));
}

Result<std::optional<Gateway>> Gateways::find(const TenantScope& scope, const wire::GatewayId& id) {
    return gatewayOrNone(database_.queryOne(
        std::string(kGatewayColumns) + "WHERE tenant_id = ? AND id = ? AND state <> 'released'",
        {scope.tenant().text(), id.text()}));
}

Result<std::vector<Gateway>> Gateways::all(const PlatformAuthority&) {
    return gatewaysOf(database_.query(std::string(kGatewayColumns) +
                                      "WHERE state <> 'released' ORDER BY id LIMIT 100000"));
}

Result<std::optional<Gateway>> Gateways::byId(const PlatformAuthority&, const wire::GatewayId& id) {
    return gatewayOrNone(
        database_.queryOne(std::string(kGatewayColumns) + "WHERE id = ?", {id.text()}));
}

Result<> Gateways::release(const TenantScope& scope, const wire::GatewayId& id, WallTime now) {
    return store::transact(database_, [&]() -> Result<> {
        const auto gateway = PCG_TRY(find(scope, id));
        if (!gateway) return fail(kNotFound, "No such gateway in this tenant.");
        const auto& tenant = scope.tenant().text();
        PCG_TRY(database_.execute(
            "INSERT OR IGNORE INTO revoked_nkeys (nkey, tenant_id, at_ms) VALUES (?, ?, ?)",
            {gateway->nkey.text(), tenant, toUnixMilliseconds(now)}));
        PCG_TRY(database_.execute(
            "UPDATE gateways SET state = 'released', name = id, quarantine_why = NULL, "
            "recover_until_ms = NULL WHERE tenant_id = ? AND id = ?",
            {tenant, id.text()}));
        PCG_TRY(database_.execute("DELETE FROM renewals WHERE gateway_id = ?", {id.text()}));
        PCG_TRY(
            database_.execute("UPDATE enrollments SET state = 'released' WHERE tenant_id = ? AND "
                              "gateway_id = ? AND state <> 'expired'",
                              {tenant, id.text()}));
        PCG_TRY(database_.execute("DELETE FROM endpoints WHERE tenant_id = ? AND gateway_id = ?",
                                  {tenant, id.text()}));
        return {};
    });
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
        PCG_TRY(database_.queryOne("SELECT 1 FROM revoked_nkeys WHERE nkey = ?", {nkey.text()}));
    return row.has_value();
}

Result<std::vector<wire::UserNkey>> Gateways::revoked(const TenantScope& scope) {
    std::vector<wire::UserNkey> nkeys;
    const auto rows = PCG_TRY(database_.query(
        "SELECT nkey FROM revoked_nkeys WHERE tenant_id = ? ORDER BY at_ms LIMIT 100000",
        {scope.tenant().text()}));
    for (const auto& row : rows) nkeys.push_back(PCG_TRY(wire::parseUserNkey(row.text(0))));
    return nkeys;
}

Result<std::vector<Endpoint>> Gateways::report(const TenantScope& scope,
                                               const wire::GatewayId& gateway,
                                               const std::vector<ReportedEndpoint>& reported) {
    return store::transact(database_, [&]() -> Result<std::vector<Endpoint>> {
        const auto& tenant = scope.tenant().text();
        if (!PCG_TRY(find(scope, gateway)))
            return fail(kNotFound, "No such gateway in this tenant.");
        PCG_TRY(database_.execute(
            "UPDATE endpoints SET present = 0 WHERE tenant_id = ? AND gateway_id = ?",
            {tenant, gateway.text()}));
        for (std::size_t i = 0; i < std::min(reported.size(), kMaxEndpointsPerGateway); ++i) {
            const auto& endpoint = reported[i];
            // The conflict clause's WHERE is what keeps a foreign row where it is.
            PCG_TRY(database_.execute(
                R"(INSERT INTO endpoints (id, tenant_id, gateway_id, name, kind, state, why, present)
                   VALUES (?, ?, ?, ?, ?, ?, ?, 1)
                   ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind,
                     state = excluded.state, why = excluded.why, present = 1
                   WHERE tenant_id = excluded.tenant_id AND gateway_id = excluded.gateway_id)",
                {endpoint.id.text(),
                 tenant,
                 gateway.text(),
                 endpoint.name,
                 endpoint.kind,
                 endpoint.state,
                 endpoint.why}));
        }
        return endpoints(scope, gateway);
    });
}

Result<std::vector<Endpoint>> Gateways::endpoints(const TenantScope& scope,
                                                  const wire::GatewayId& gateway) {
    return endpointsOf(database_.query(
        std::string(kEndpointColumns) +
            "WHERE tenant_id = ? AND gateway_id = ? AND present = 1 ORDER BY name LIMIT 256",
        {scope.tenant().text(), gateway.text()}));
}

Result<std::vector<Endpoint>> Gateways::allEndpoints(const PlatformAuthority&) {
    return endpointsOf(database_.query(std::string(kEndpointColumns) +
                                       "WHERE present = 1 ORDER BY id LIMIT 100000"));
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
