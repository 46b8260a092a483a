// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/offboarding.h"

#include "common/base/assert.h"
#include "common/store/envelope.h"
#include "controlplane-sim/audit/audit_store.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {

namespace {

constexpr std::chrono::days kRetiredKept{365};

}  // namespace

// Read from the schema, so that a table that is added later cannot be forgotten. The audit is large
// and goes in steps.
Result<std::vector<std::string>> Offboarding::tablesOfTenants() {
    std::vector<std::string> names;
    const auto rows = PCG_TRY(
        database_.query("SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c "
                        "WHERE m.type = 'table' AND c.name = 'tenant_id' AND m.name NOT LIKE "
                        "'audit\\_%' ESCAPE '\\'"));
    for (const auto& row : rows) names.push_back(row.text(0));
    return names;
}

Result<> Offboarding::begin(const TenantScope& scope,
                            const std::string& tombstoneJwt,
                            WallTime now) {
    PCG_ASSERT(database_.envelope() != nullptr);
    auto& envelope = *database_.envelope();
    const auto& tenant = scope.tenant().text();
    const auto tables = PCG_TRY(tablesOfTenants());
    PCG_TRY(store::transact(database_, [&]() -> Result<> {
        const auto marked =
            PCG_TRY(database_.execute("UPDATE tenants SET leaving_at_ms = ?, name = id WHERE id = "
                                      "? AND leaving_at_ms IS NULL",
                                      {toUnixMilliseconds(now), tenant}));
        if (marked == 0) return fail(kNotFound, "There is no such tenant.");
        PCG_TRY(database_.execute("INSERT OR REPLACE INTO bus_tombstones VALUES (?, ?)",
                                  {tenant, tombstoneJwt}));
        // What its gateways were may not be issued anything again, though the rows go.
        for (const auto* source : {"SELECT nkey, ? FROM revoked_nkeys WHERE tenant_id = ?",
                                   "SELECT nkey, ? FROM gateways WHERE tenant_id = ?"}) {
            PCG_TRY(database_.execute(
                std::string("INSERT OR IGNORE INTO retired_nkeys (nkey, at_ms) ") + source,
                {toUnixMilliseconds(now), tenant}));
        }
        PCG_TRY(database_.execute("DELETE FROM retired_nkeys WHERE at_ms < ?",
                                  {toUnixMilliseconds(now - kRetiredKept)}));
        return {};
    }));
    for (const auto& keys : envelope.scopesOf(tenant)) PCG_TRY(envelope.destroy(keys));
    return store::transact(database_, [&]() -> Result<> {
        PCG_TRY(database_.query("PRAGMA defer_foreign_keys=ON"));  // until the commit
        for (const auto& table : tables) {
            PCG_TRY(database_.execute("DELETE FROM " + table + " WHERE tenant_id = ?", {tenant}));
        }
        return {};
    });
}

Result<bool> Offboarding::step(const TenantScope& scope) {
    PCG_ASSERT(database_.envelope() != nullptr);
    auto& envelope = *database_.envelope();
    const auto& tenant = scope.tenant().text();
    const auto leaving = PCG_TRY(database_.queryOne(
        "SELECT 1 FROM tenants WHERE id = ? AND leaving_at_ms IS NOT NULL", {tenant}));
    if (!leaving) return true;
    // Again, since begin() may have been cut short after its first commit.
    for (const auto& keys : envelope.scopesOf(tenant)) PCG_TRY(envelope.destroy(keys));
    if (PCG_TRY(AuditStore(database_).forgetSome(scope))) return false;
    const auto tables = PCG_TRY(tablesOfTenants());
    PCG_TRY(store::transact(database_, [&]() -> Result<> {
        PCG_TRY(database_.query("PRAGMA defer_foreign_keys=ON"));
        for (const auto& table : tables) {
            PCG_TRY(database_.execute("DELETE FROM " + table + " WHERE tenant_id = ?", {tenant}));
        }
        PCG_TRY(database_.execute("DELETE FROM tenants WHERE id = ?", {tenant}));
        return {};
    }));
    // secure_delete has overwritten the rows; their older pages leave with the write-ahead log.
    PCG_TRY(database_.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    return true;
}

Result<std::vector<wire::TenantId>> Offboarding::leaving(const PlatformAuthority&) {
    std::vector<wire::TenantId> tenants;
    const auto rows = PCG_TRY(
        database_.query("SELECT id FROM tenants WHERE leaving_at_ms IS NOT NULL LIMIT 10000"));
    for (const auto& row : rows) tenants.push_back(PCG_TRY(wire::parseTenantId(row.text(0))));
    return tenants;
}

Result<std::vector<Offboarding::Tombstone>> Offboarding::tombstones(const PlatformAuthority&) {
    std::vector<Tombstone> list;
    const auto rows =
        PCG_TRY(database_.query("SELECT leaving_tenant, jwt FROM bus_tombstones LIMIT 1000"));
    for (const auto& row : rows) {
        auto tenant = PCG_TRY(wire::parseTenantId(row.text(0)));
        list.push_back({std::move(tenant), row.text(1)});
    }
    return list;
}

Result<> Offboarding::tombstoneTaken(const PlatformAuthority&, const wire::TenantId& tenant) {
    PCG_TRY(
        database_.execute("DELETE FROM bus_tombstones WHERE leaving_tenant = ?", {tenant.text()}));
    return {};
}

}  // namespace pcg::controlplane
