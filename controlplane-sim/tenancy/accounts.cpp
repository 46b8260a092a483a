// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/accounts.h"

#include "common/base/assert.h"
#include "common/store/errc.h"
#include "controlplane-sim/tenancy/errc.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr std::chrono::minutes kNoteUse{1};

std::string tokenId(const NewTenant& tenant) {
    if (!tenant.adminTokenId.empty()) return tenant.adminTokenId;
    return "tok_" + toHex(BytesView(tenant.adminTokenSha256)
                              .first(std::min<std::size_t>(13, tenant.adminTokenSha256.size())));
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

UserRole parseRole(std::string_view name) {
    if (name == "admin") return UserRole::Admin;
    if (name == "operator") return UserRole::Operator;
    PCG_ASSERT(name == "auditor");  // the tables' CHECK allows no other
    return UserRole::Auditor;
}

UserRole lesserRole(UserRole a, UserRole b) { return std::max(a, b); }

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
            "INSERT INTO api_tokens (sha256, tenant_id, username, created_at_ms, id) VALUES (?, ?, "
            "?, ?, ?)",
            {tenant.adminTokenSha256,
             tenant.id.text(),
             tenant.adminUsername,
             at,
             tokenId(tenant)}));
        return Tenant{tenant.id, tenant.name, fromUnixMilliseconds(at)};
    };
    return store::transact(database_, insert);
}

Result<std::vector<Tenant>> Accounts::list() {
    std::vector<Tenant> tenants;
    const auto rows = PCG_TRY(database_.query(
        "SELECT id, name, created_at_ms FROM tenants WHERE leaving_at_ms IS NULL ORDER BY "
        "created_at_ms, id LIMIT 10000"));
    for (const auto& row : rows) tenants.push_back(PCG_TRY(tenantOf(row)));
    return tenants;
}

Result<std::vector<Tenant>> Accounts::list(const std::string& after, std::size_t limit) {
    std::vector<Tenant> tenants;
    const auto rows =
        PCG_TRY(database_.query("SELECT id, name, created_at_ms FROM tenants WHERE name > ? AND "
                                "leaving_at_ms IS NULL ORDER "
                                "BY name LIMIT ?",
                                {after, static_cast<std::int64_t>(limit)}));
    for (const auto& row : rows) tenants.push_back(PCG_TRY(tenantOf(row)));
    return tenants;
}

Result<std::optional<Tenant>> Accounts::find(const wire::TenantId& id) {
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT id, name, created_at_ms FROM tenants WHERE id = ? AND leaving_at_ms IS NULL",
        {id.text()}));
    if (!row) return std::nullopt;
    return PCG_TRY(tenantOf(*row));
}

Result<std::optional<Authenticated>> Accounts::byTokenSha256(BytesView sha256, WallTime now) {
    const auto at = toUnixMilliseconds(now);
    const auto row = PCG_TRY(database_.queryOne(
        R"(SELECT t.id, t.name, u.username, u.role, k.role, k.id, k.last_used_at_ms
             FROM api_tokens k
             JOIN users u ON u.tenant_id = k.tenant_id AND u.username = k.username
             JOIN tenants t ON t.id = k.tenant_id
            WHERE k.sha256 = ? AND (k.expires_at_ms IS NULL OR k.expires_at_ms > ?))",
        {sha256, at}));
    if (!row) return std::nullopt;
    const auto used = row->optionalInteger(6);
    if (!used || at - *used > std::chrono::milliseconds(kNoteUse).count()) {
        PCG_TRY(database_.execute("UPDATE api_tokens SET last_used_at_ms = ? WHERE sha256 = ?",
                                  {at, sha256}));
    }
    auto tenant = PCG_TRY(wire::parseTenantId(row->text(0)));
    return Authenticated{TenantScope(std::move(tenant)),
                         row->text(1),
                         row->text(2),
                         lesserRole(parseRole(row->text(3)), parseRole(row->text(4))),
                         row->text(5)};
}

Result<std::optional<Credentials>> Accounts::credentials(const std::string& tenantName,
                                                         const std::string& username) {
    const auto row = PCG_TRY(database_.queryOne(
        R"(SELECT t.id, t.name, u.username, u.role, u.password_hash
             FROM users u JOIN tenants t ON t.id = u.tenant_id
            WHERE t.name = ? AND u.username = ? COLLATE NOCASE)",
        {tenantName, username}));
    if (!row) return std::nullopt;
    auto tenant = PCG_TRY(wire::parseTenantId(row->text(0)));
    return Credentials{TenantScope(std::move(tenant)),
                       row->text(1),
                       row->text(2),
                       parseRole(row->text(3)),
                       row->text(4)};
}

}  // namespace pcg::controlplane
