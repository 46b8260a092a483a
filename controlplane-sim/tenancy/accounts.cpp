// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/accounts.h"

#include "common/base/assert.h"
#include "common/store/errc.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/tokens.h"
#include "controlplane-sim/tenancy/user_names.h"

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
    const TenantScope scope(tenant.id);
    const auto at = toUnixMilliseconds(now);
    const auto nameTaken = [&] {
        return fail(kNameTaken,
                    "A tenant named \"" + tenant.name + "\" exists already: choose another name.");
    };
    if (PCG_TRY(
            database_.queryOne("SELECT 1 FROM tenants WHERE name = ?", {std::string(tenant.name)})))
        return nameTaken();
    auto insert = [&]() -> Result<Tenant> {
        auto inserted =
            database_.execute("INSERT INTO tenants (id, name, created_at_ms) VALUES (?, ?, ?)",
                              {tenant.id.text(), tenant.name, at});
        if (!inserted && inserted.error().is(store::kConstraint)) return nameTaken();
        PCG_TRY(std::move(inserted));
        UserNames names(database_, scope);
        PCG_TRY(names.insert({tenant.adminUsername, "admin", tenant.adminPasswordHash, at}));
        const NewToken token{tokenId(tenant),
                             tenant.adminTokenSha256,
                             "made with the tenant",
                             UserRole::Admin,
                             tenant.adminUsername,
                             std::nullopt};
        PCG_TRY(Tokens(database_).add(scope, token, now));
        return Tenant{tenant.id, tenant.name, fromUnixMilliseconds(at)};
    };
    // Keys cannot be made inside a transaction; those of a tenant that did not come are nobody's.
    PCG_TRY(TenantVault(database_, scope).prepareNew());
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
        R"(SELECT t.id, t.name, u.id, u.username_sealed, u.role, k.role, k.id, k.last_used_at_ms
             FROM api_tokens k
             JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id
             JOIN tenants t ON t.id = k.tenant_id
            WHERE k.sha256 = ? AND (k.expires_at_ms IS NULL OR k.expires_at_ms > ?)
              AND t.leaving_at_ms IS NULL)",
        {sha256, at}));
    if (!row) return std::nullopt;
    const auto used = row->optionalInteger(7);
    if (!used || at - *used > std::chrono::milliseconds(kNoteUse).count()) {
        PCG_TRY(database_.execute("UPDATE api_tokens SET last_used_at_ms = ? WHERE sha256 = ?",
                                  {at, sha256}));
    }
    const TenantScope scope(PCG_TRY(wire::parseTenantId(row->text(0))));
    auto username = PCG_TRY(UserNames(database_, scope).open(row->text(2), row->blob(3)));
    return Authenticated{scope,
                         row->text(1),
                         std::move(username),
                         lesserRole(parseRole(row->text(4)), parseRole(row->text(5))),
                         row->text(6),
                         row->text(2)};
}

Result<std::optional<Credentials>> Accounts::credentials(const std::string& tenantName,
                                                         const std::string& username) {
    const auto found = PCG_TRY(database_.queryOne(
        "SELECT id, name FROM tenants WHERE name = ? AND leaving_at_ms IS NULL", {tenantName}));
    if (!found) return std::nullopt;
    const TenantScope scope(PCG_TRY(wire::parseTenantId(found->text(0))));
    const UserNames names(database_, scope);
    const auto id = PCG_TRY(names.idOf(username));
    if (!id) return std::nullopt;
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT username_sealed, role, password_hash_sealed FROM users WHERE tenant_id = ? AND "
        "id = ?",
        {scope.tenant().text(), *id}));
    if (!row) return std::nullopt;
    auto stored = PCG_TRY(names.open(*id, row->blob(0)));
    auto hash = PCG_TRY(names.openPasswordHash(*id, row->blob(2)));
    return Credentials{
        scope, found->text(1), std::move(stored), parseRole(row->text(1)), std::move(hash)};
}

}  // namespace pcg::controlplane
