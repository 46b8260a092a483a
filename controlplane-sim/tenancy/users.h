// SPDX-License-Identifier: Apache-2.0
// A tenant's users. A tenant always keeps an admin: whoever would be the last one can be neither
// demoted nor deleted (tenancy.last_admin). Runs on the storage thread; passwords arrive hashed.
#pragma once

#include "controlplane-sim/tenancy/accounts.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

struct User {
    std::string username;
    UserRole role;
    WallTime createdAt;
    std::optional<WallTime> lastSignInAt;
};

struct NewUser {
    std::string username;  // codec::parseLoginName
    UserRole role;
    std::string passwordHash;
};

inline constexpr std::size_t kMaxUsersPerTenant = 1000;

class Users {
  public:
    explicit Users(store::Database& database) : database_(database) {}

    // By name, beginning after `after`.
    Result<std::vector<User>> list(const TenantScope& scope,
                                   const std::string& after,
                                   std::size_t limit);
    Result<std::optional<User>> find(const TenantScope& scope, const std::string& username);

    // tenancy.name_taken, also when the names differ in case only; tenancy.too_many.
    Result<User> add(const TenantScope& scope, const NewUser& user, WallTime now);

    // tenancy.not_found, tenancy.last_admin.
    Result<User> setRole(const TenantScope& scope, const std::string& username, UserRole role);

    // With the user's tokens and sessions.
    Result<> remove(const TenantScope& scope, const std::string& username);

    Result<std::optional<std::string>> passwordHash(const TenantScope& scope,
                                                    const std::string& username);
    // Ends the user's sessions; but for one if `keepSession` is not empty.
    Result<> setPassword(const TenantScope& scope,
                         const std::string& username,
                         const std::string& hash,
                         BytesView keepSession);
    // By somebody else than the user: ends all sessions, and the tokens unless they are to be kept.
    Result<> resetPassword(const TenantScope& scope,
                           const std::string& username,
                           const std::string& hash,
                           bool keepTokens);

  private:
    Result<User> require(const TenantScope& scope, const std::string& username);
    Result<> refuseLastAdmin(const TenantScope& scope, const User& user);

    store::Database& database_;
};

}  // namespace pcg::controlplane
