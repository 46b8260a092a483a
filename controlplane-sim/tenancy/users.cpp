// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/users.h"

#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/sessions.h"
#include "controlplane-sim/tenancy/user_names.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr const char* kColumns =
    "SELECT id, username_sealed, role, created_at_ms, last_sign_in_at_ms FROM users "
    "WHERE tenant_id = ? ";

Result<User> userOf(const UserNames& names, const store::Row& row) {
    auto username = PCG_TRY(names.open(row.text(0), row.blob(1)));
    User user{std::move(username),
              parseRole(row.text(2)),
              fromUnixMilliseconds(row.integer(3)),
              std::nullopt};
    if (const auto at = row.optionalInteger(4)) user.lastSignInAt = fromUnixMilliseconds(*at);
    return user;
}

}  // namespace

// The names are sealed, so the database cannot sort by them; there are kMaxUsersPerTenant at most.
Result<std::vector<User>> Users::list(const TenantScope& scope,
                                      const std::string& after,
                                      std::size_t limit) {
    const UserNames names(database_, scope);
    std::vector<User> users;
    const auto rows =
        PCG_TRY(database_.query(std::string(kColumns) + "LIMIT ?",
                                {scope.tenant().text(), std::int64_t{kMaxUsersPerTenant}}));
    for (const auto& row : rows) {
        auto user = PCG_TRY(userOf(names, row));
        if (user.username > after) users.push_back(std::move(user));
    }
    std::ranges::sort(users, {}, &User::username);
    if (users.size() > limit)
        users.erase(users.begin() + static_cast<std::ptrdiff_t>(limit), users.end());
    return users;
}

Result<std::optional<User>> Users::find(const TenantScope& scope, const std::string& username) {
    const UserNames names(database_, scope);
    const auto id = PCG_TRY(names.idOf(username));
    if (!id) return std::nullopt;
    const auto row = PCG_TRY(
        database_.queryOne(std::string(kColumns) + "AND id = ?", {scope.tenant().text(), *id}));
    if (!row) return std::nullopt;
    auto user = PCG_TRY(userOf(names, *row));
    if (user.username != username) return std::nullopt;  // another case is another name here
    return user;
}

Result<User> Users::require(const TenantScope& scope, const std::string& username) {
    auto user = PCG_TRY(find(scope, username));
    if (!user) return fail(kNotFound, "There is no such user. GET /api/v1/users lists them.");
    return std::move(*user);
}

Result<User> Users::add(const TenantScope& scope, const NewUser& user, WallTime now) {
    PCG_TRY(TenantVault(database_, scope).prepare());
    return store::transact(database_, [&]() -> Result<User> {
        UserNames names(database_, scope);
        if (PCG_TRY(names.idOf(user.username))) {
            return fail(kNameTaken,
                        "A user named \"" + user.username +
                            "\" exists already (upper and lower case count as the same): choose "
                            "another name.");
        }
        const auto count = PCG_TRY(database_.queryOne(
            "SELECT count(*) FROM users WHERE tenant_id = ?", {scope.tenant().text()}));
        if (count->integer(0) >= static_cast<std::int64_t>(kMaxUsersPerTenant)) {
            return fail(kTooMany,
                        "A tenant has at most " + std::to_string(kMaxUsersPerTenant) +
                            " users: delete one first.");
        }
        PCG_TRY(names.insert(
            {user.username, roleName(user.role), user.passwordHash, toUnixMilliseconds(now)}));
        return require(scope, user.username);
    });
}

Result<> Users::refuseLastAdmin(const TenantScope& scope, const User& user) {
    if (user.role != UserRole::Admin) return {};
    const auto admins = PCG_TRY(
        database_.queryOne("SELECT count(*) FROM users WHERE tenant_id = ? AND role = 'admin'",
                           {scope.tenant().text()}));
    if (admins->integer(0) > 1) return {};
    return fail(kLastAdmin,
                "\"" + user.username +
                    "\" is the only admin of this tenant: make another user admin first.");
}

Result<User> Users::setRole(const TenantScope& scope, const std::string& username, UserRole role) {
    return store::transact(database_, [&]() -> Result<User> {
        const auto user = PCG_TRY(require(scope, username));
        if (role != UserRole::Admin) PCG_TRY(refuseLastAdmin(scope, user));
        const auto id = PCG_TRY(UserNames(database_, scope).require(username));
        PCG_TRY(database_.execute("UPDATE users SET role = ? WHERE tenant_id = ? AND id = ?",
                                  {roleName(role), scope.tenant().text(), id}));
        return require(scope, username);
    });
}

Result<> Users::remove(const TenantScope& scope, const std::string& username) {
    return store::transact(database_, [&]() -> Result<> {
        const auto user = PCG_TRY(require(scope, username));
        PCG_TRY(refuseLastAdmin(scope, user));
        const auto& tenant = scope.tenant().text();
        const auto id = PCG_TRY(UserNames(database_, scope).require(username));
        PCG_TRY(Sessions(database_).endAll(scope, username));
        PCG_TRY(database_.execute("DELETE FROM api_tokens WHERE tenant_id = ? AND user_id = ?",
                                  {tenant, id}));
        PCG_TRY(
            database_.execute("DELETE FROM users WHERE tenant_id = ? AND id = ?", {tenant, id}));
        return {};
    });
}

Result<std::optional<std::string>> Users::passwordHash(const TenantScope& scope,
                                                       const std::string& username) {
    const UserNames names(database_, scope);
    const auto id = PCG_TRY(names.idOf(username));
    if (!id) return std::nullopt;
    const auto row = PCG_TRY(
        database_.queryOne("SELECT password_hash_sealed FROM users WHERE tenant_id = ? AND id = ?",
                           {scope.tenant().text(), *id}));
    if (!row) return std::nullopt;
    return PCG_TRY(names.openPasswordHash(*id, row->blob(0)));
}

Result<> Users::resetPassword(const TenantScope& scope,
                              const std::string& username,
                              const std::string& hash,
                              bool keepTokens) {
    // The tokens first: whoever knew the password may have made some, and a crash in between must
    // not leave them.
    if (!keepTokens) {
        const auto id = PCG_TRY(UserNames(database_, scope).require(username));
        PCG_TRY(database_.execute("DELETE FROM api_tokens WHERE tenant_id = ? AND user_id = ?",
                                  {scope.tenant().text(), id}));
    }
    return setPassword(scope, username, hash, {});
}

Result<> Users::setPassword(const TenantScope& scope,
                            const std::string& username,
                            const std::string& hash,
                            BytesView keepSession) {
    PCG_TRY(TenantVault(database_, scope).prepare());
    return store::transact(database_, [&]() -> Result<> {
        UserNames names(database_, scope);
        const auto id = PCG_TRY(names.require(username));
        PCG_TRY(names.setPasswordHash(id, hash));
        Sessions sessions(database_);
        if (keepSession.empty()) return sessions.endAll(scope, username);
        return sessions.endOthers(scope, username, keepSession);
    });
}

}  // namespace pcg::controlplane
