// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/system_offers.h"

#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {
namespace {

constexpr const char* kColumns =
    "SELECT tenant_id, instance, state, offered_at_ms FROM system_gateways ";

Result<SystemOffer> offerOf(const store::Row& row) {
    auto tenant = PCG_TRY(wire::parseTenantId(row.text(0)));
    return SystemOffer{std::move(tenant),
                       row.text(1),
                       row.text(2) == "withdrawn",
                       fromUnixMilliseconds(row.integer(3))};
}

}  // namespace

Result<bool> SystemOffers::offer(const wire::TenantId& tenant,
                                 const std::string& instance,
                                 std::size_t most,
                                 WallTime now) {
    return store::transact(database_, [&]() -> Result<bool> {
        const auto known = PCG_TRY(database_.queryOne(
            "SELECT 1 FROM tenants WHERE id = ? AND leaving_at_ms IS NULL", {tenant.text()}));
        if (!known)
            return fail(kNotFound, "There is no such tenant. GET /api/v1/tenants lists them.");
        if (const auto there = PCG_TRY(find(tenant))) {
            if (!there->withdrawn) return false;
            return fail(kStillWiping,
                        "The tenant's last system gateway is still being wiped. Try again in a "
                        "moment.");
        }
        const auto count =
            PCG_TRY(database_.queryOne("SELECT count(*) FROM system_gateways"))->integer(0);
        if (static_cast<std::size_t>(count) >= most) {
            return fail(kTooMany,
                        "This platform runs " + std::to_string(most) +
                            " system gateways and no more: withdraw one, or start the control "
                            "plane with a larger --system-gateways.");
        }
        PCG_TRY(database_.execute("INSERT INTO system_gateways VALUES (?, ?, 'offered', ?)",
                                  {tenant.text(), instance, toUnixMilliseconds(now)}));
        return true;
    });
}

Result<std::vector<wire::GatewayId>> SystemOffers::withdraw(const wire::TenantId& tenant,
                                                            WallTime now) {
    return store::transact(database_, [&]() -> Result<std::vector<wire::GatewayId>> {
        const auto there = PCG_TRY(find(tenant));
        if (!there) return fail(kNotFound, "This tenant has no system gateway.");
        PCG_TRY(database_.execute(
            "UPDATE system_gateways SET state = 'withdrawn' WHERE tenant_id = ?", {tenant.text()}));
        const auto scope = authority_.scopeOf(tenant);
        Gateways gateways(database_);
        std::vector<wire::GatewayId> released;
        for (const auto& gateway : PCG_TRY(gateways.systemOnes(scope))) {
            PCG_TRY(gateways.releaseWithin(scope, gateway.id, now));
            released.push_back(gateway.id);
        }
        return released;
    });
}

Result<> SystemOffers::wiped(const std::string& instance) {
    PCG_TRY(database_.execute(
        "DELETE FROM system_gateways WHERE instance = ? AND state = 'withdrawn'", {instance}));
    return {};
}

Result<std::optional<SystemOffer>> SystemOffers::find(const wire::TenantId& tenant) {
    const auto row =
        PCG_TRY(database_.queryOne(std::string(kColumns) + "WHERE tenant_id = ?", {tenant.text()}));
    if (!row) return std::nullopt;
    return PCG_TRY(offerOf(*row));
}

Result<std::vector<SystemOffer>> SystemOffers::all() {
    std::vector<SystemOffer> offers;
    const auto rows =
        PCG_TRY(database_.query(std::string(kColumns) + "ORDER BY offered_at_ms LIMIT 10000"));
    for (const auto& row : rows) offers.push_back(PCG_TRY(offerOf(row)));
    return offers;
}

}  // namespace pcg::controlplane
