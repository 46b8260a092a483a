// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/users.h"

#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/sessions.h"

namespace pcg::controlplane {
namespace {

constexpr const char* kColumns =
    "SELECT username, role, created_at_ms, last_sign_in_at_ms FROM users ";

User userOf(const store::Row& row) {
    User user{row.text(0), parseRole(row.text(1)), fromUnixMilliseconds(row.integer(2)), {}};
    if (const auto at = row.optionalInteger(3)) user.lastSignInAt = fromUnixMilliseconds(*at);
    return user;
}

}  // namespace

Result<std::vector<User>> Users::list(const TenantScope& scope,
                                      const std::string& after,
                                      std::size_t limit) {
    std::vector<User> users;
    const auto rows = PCG_TRY(database_.query(
        std::string(kColumns) + "WHERE tenant_id = ? AND username > ? ORDER BY username LIMIT ?",
        {scope.tenant().text(), after, static_cast<std::int64_t>(limit)}));
    for (const auto& row : rows) users.push_back(userOf(row));
    return users;
}

Result<std::optional<User>> Users::find(const TenantScope& scope, const std::string& username) {
    const auto row =
        PCG_TRY(database_.queryOne(std::string(kColumns) + "WHERE tenant_id = ? AND username = ?",
                                   {scope.tenant().text(), username}));
    if (!row) return std::nullopt;
    return userOf(*row);
}

Result<User> Users::require(const TenantScope& scope, const std::string& username) {
    auto user = PCG_TRY(find(scope, username));
    if (!user) return fail(kNotFound, "There is no such user. GET /api/v1/users lists them.");
    return std::move(*user);
}

Result<User> Users::add(const TenantScope& scope, const NewUser& user, WallTime now) {
    return store::transact(database_, [&]() -> Result<User> {
        const auto& tenant = scope.tenant().text();
        const auto counts = PCG_TRY(database_.queryOne(
            "SELECT count(*), coalesce(sum(username = ? COLLATE NOCASE), 0) FROM users WHERE "
            "tenant_id = ?",
            {user.username, tenant}));
        if (counts->integer(1) > 0) {
            return fail(kNameTaken,
                        "A user named \"" + user.username +
                            "\" exists already (upper and lower case count as the same): choose "
                            "another name.");
        }
        if (counts->integer(0) >= static_cast<std::int64_t>(kMaxUsersPerTenant)) {
            return fail(kTooMany,
                        "A tenant has at most " + std::to_string(kMaxUsersPerTenant) +
                            " users: delete one first.");
        }
        PCG_TRY(database_.execute(
            "INSERT INTO users (tenant_id, username, role, password_hash, created_at_ms) VALUES "
            "(?, ?, ?, ?, ?)",
            {tenant,
             user.username,
             roleName(user.role),
             user.passwordHash,
             toUnixMilliseconds(now)}));
        return require(scope, user.username);
    });
}

Result<> Users::refuseLastAdmin(const TenantScope& scope, const User& user) {
    if (user.role != UserRole::Admin) return {};
    const auto others = PCG_TRY(database_.queryOne(
        "SELECT count(*) FROM users WHERE tenant_id = ? AND role = 'admin' AND username <> ?",
        {scope.tenant().text(), user.username}));
    if (others->integer(0) > 0) return {};
    return fail(kLastAdmin,
                "\"" + user.username +
                    "\" is the only admin of this tenant: make another user admin first.");
}

Result<User> Users::setRole(const TenantScope& scope, const std::string& username, UserRole role) {
    return store::transact(database_, [&]() -> Result<User> {
        const auto user = PCG_TRY(require(scope, username));
        if (role != UserRole::Admin) PCG_TRY(refuseLastAdmin(scope, user));
        PCG_TRY(database_.execute("UPDATE users SET role = ? WHERE tenant_id = ? AND username = ?",
                                  {roleName(role), scope.tenant().text(), username}));
        return require(scope, username);
    });
}

Result<> Users::remove(const TenantScope& scope, const std::string& username) {
    return store::transact(database_, [&]() -> Result<> {
        const auto user = PCG_TRY(require(scope, username));
        PCG_TRY(refuseLastAdmin(scope, user));
        const auto& tenant = scope.tenant().text();
        PCG_TRY(Sessions(database_).endAll(scope, username));
        PCG_TRY(database_.execute("DELETE FROM api_tokens WHERE tenant_id = ? AND username = ?",
                                  {tenant, username}));
        PCG_TRY(database_.execute("DELETE FROM users WHERE tenant_id = ? AND username = ?",
                                  {tenant, username}));
        return {};
    });
}

Result<std::optional<std::string>> Users::passwordHash(const TenantScope& scope,
                                                       const std::string& username) {
    const auto row = PCG_TRY(
        database_.queryOne("SELECT password_hash FROM users WHERE tenant_id = ? AND username = ?",
                           {scope.tenant().text(), username}));
    if (!row) return std::nullopt;
    return row->text(0);
}

Result<> Users::resetPassword(const TenantScope& scope,
                              const std::string& username,
                              const std::string& hash,
                              bool keepTokens) {
    // The tokens first: whoever knew the password may have made some, and a crash in between must
    // not leave them.
    if (!keepTokens) {
        PCG_TRY(database_.execute("DELETE FROM api_tokens WHERE tenant_id = ? AND username = ?",
                                  {scope.tenant().text(), username}));
    }
    return setPassword(scope, username, hash, {});
}

Result<> Users::setPassword(const TenantScope& scope,
                            const std::string& username,
                            const std::string& hash,
                            BytesView keepSession) {
    return store::transact(database_, [&]() -> Result<> {
        PCG_TRY(require(scope, username));
        PCG_TRY(database_.execute(
            "UPDATE users SET password_hash = ? WHERE tenant_id = ? AND username = ?",
            {hash, scope.tenant().text(), username}));
        Sessions sessions(database_);
        if (keepSession.empty()) return sessions.endAll(scope, username);
        return sessions.endOthers(scope, username, keepSession);
    });
}

}  // namespace pcg::controlplane
