// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/accounts.h"

#include "common/base/assert.h"
#include "common/store/errc.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {
namespace {

UserRole roleOf(std::string_view name) {
    if (name == "admin") return UserRole::Admin;
    if (name == "operator") return UserRole::Operator;
    PCG_ASSERT(name == "auditor");  // the table's CHECK allows no other
    return UserRole::Auditor;
}

Result<Tenant> tenantOf(const store::Row& row) {
    auto id = PCG_TRY(wire::parseTenantId(row.text(0)));
    return Tenant{std::move(id), row.text(1), fromUnixMilliseconds(row.integer(2))};
}

}  // namespace

std::string_view roleName(UserRole role) {
    switch (role) {
        case UserRole::Admin:
            return "admin";
        case UserRole::Operator:
            return "operator";
        case UserRole::Auditor:
            return "auditor";
    }
    return "auditor";
}

Result<Tenant> Accounts::create(const NewTenant& tenant, WallTime now) {
    const auto at = toUnixMilliseconds(now);
    auto insert = [&]() -> Result<Tenant> {
        auto inserted =
            database_.execute("INSERT INTO tenants (id, name, created_at_ms) VALUES (?, ?, ?)",
                              {tenant.id.text(), tenant.name, at});
        if (!inserted && inserted.error().is(store::kConstraint)) {
            return fail(
                kNameTaken,
                "A tenant named \"" + tenant.name + "\" exists already: choose another name.");
        }
        PCG_TRY(std::move(inserted));
        PCG_TRY(database_.execute(
            "INSERT INTO users (tenant_id, username, role, password_hash, created_at_ms) VALUES "
            "(?, ?, 'admin', ?, ?)",
            {tenant.id.text(), tenant.adminUsername, tenant.adminPasswordHash, at}));
        PCG_TRY(database_.execute(
            "INSERT INTO api_tokens (sha256, tenant_id, username, created_at_ms) VALUES (?, ?, ?, "
            "?)",
            {tenant.adminTokenSha256, tenant.id.text(), tenant.adminUsername, at}));
        return Tenant{tenant.id, tenant.name, fromUnixMilliseconds(at)};
    };
    return store::transact(database_, insert);
}

Result<std::vector<Tenant>> Accounts::list() {
    std::vector<Tenant> tenants;
    const auto rows = PCG_TRY(database_.query(
        "SELECT id, name, created_at_ms FROM tenants ORDER BY created_at_ms, id LIMIT 10000"));
    for (const auto& row : rows) tenants.push_back(PCG_TRY(tenantOf(row)));
    return tenants;
}

Result<std::optional<Tenant>> Accounts::find(const wire::TenantId& id) {
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT id, name, created_at_ms FROM tenants WHERE id = ?", {id.text()}));
    if (!row) return std::nullopt;
    return PCG_TRY(tenantOf(*row));
}

Result<std::optional<Authenticated>> Accounts::byTokenSha256(BytesView sha256, WallTime now) {
    const auto row = PCG_TRY(database_.queryOne(
        R"(SELECT t.id, t.name, u.username, u.role FROM api_tokens k
             JOIN users u ON u.tenant_id = k.tenant_id AND u.username = k.username
             JOIN tenants t ON t.id = k.tenant_id
            WHERE k.sha256 = ? AND (k.expires_at_ms IS NULL OR k.expires_at_ms > ?))",
        {sha256, toUnixMilliseconds(now)}));
    if (!row) return std::nullopt;
    return Authenticated{TenantScope(PCG_TRY(wire::parseTenantId(row->text(0)))),
                         row->text(1),
                         row->text(2),
                         roleOf(row->text(3))};
}

Result<> Accounts::addToken(const TenantScope& scope,
                            const std::string& username,
                            BytesView sha256,
                            WallTime now,
                            std::optional<WallTime> expiresAt) {
    std::optional<std::int64_t> expires;
    if (expiresAt) expires = toUnixMilliseconds(*expiresAt);
    PCG_TRY(database_.execute(
        "INSERT INTO api_tokens (sha256, tenant_id, username, created_at_ms, expires_at_ms) VALUES "
        "(?, ?, ?, ?, ?)",
        {sha256, scope.tenant().text(), username, toUnixMilliseconds(now), expires}));
    return {};
}

}  // namespace pcg::controlplane
