// SPDX-License-Identifier: Apache-2.0
// Tenants, their users and API tokens. Runs on the storage thread; hashing is the caller's (scrypt
// for passwords, SHA-256 for tokens, which are 256 random bits), so that no secret reaches a
// statement.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

enum class UserRole { Admin, Operator, Auditor };

std::string_view roleName(UserRole role);
UserRole parseRole(std::string_view name);  // what a table's CHECK has let in
// The one that may do less.
UserRole lesserRole(UserRole a, UserRole b);

struct Tenant {
    wire::TenantId id;
    std::string name;
    WallTime createdAt;
};

struct NewTenant {
    wire::TenantId id;
    std::string name;  // codec::parseName; unique without regard to case
    std::string adminUsername;
    std::string adminPasswordHash;
    Bytes adminTokenSha256;
    std::string adminTokenId = {};  // empty: made of the digest
};

// Who asks: the tenant they may act in, and as what.
struct Authenticated {
    TenantScope scope;
    std::string tenantName;
    std::string username;
    UserRole role;             // of a token: its own, and never above its user's at this moment
    std::string tokenId = {};  // empty for a session
    std::string userId = {};   // "usr_...", the user's for good
    Bytes sessionSha256 = {};  // empty for a token
    std::optional<WallTime> sessionEnds = {};
    std::optional<WallTime> steppedUpUntil = {};

    // Nobody types a password on behalf of a token, so nothing is asked of it.
    bool steppedUp(WallTime now) const {
        return sessionSha256.empty() || (steppedUpUntil && *steppedUpUntil > now);
    }
};

// What sign-in compares with.
struct Credentials {
    TenantScope scope;
    std::string tenantName;
    std::string username;  // as it is stored
    UserRole role;
    std::string passwordHash;
};

class Accounts {
  public:
    explicit Accounts(store::Database& database) : database_(database) {}

    // The tenant, its first admin and an API token, or nothing. tenancy.name_taken if the name is
    // in use.
    Result<Tenant> create(const NewTenant& tenant, WallTime now);

    Result<std::vector<Tenant>> list();  // at most 10,000, oldest first
    // A page: by name, beginning after `after`.
    Result<std::vector<Tenant>> list(const std::string& after, std::size_t limit);
    Result<std::optional<Tenant>> find(const wire::TenantId& id);

    // Nothing: unknown or expired. Looks up by digest, so its timing says nothing about the token.
    // Notes the use, at most once a minute.
    Result<std::optional<Authenticated>> byTokenSha256(BytesView sha256, WallTime now);

    // By names, without regard to case. Nothing proves anything yet: the caller must compare the
    // password.
    Result<std::optional<Credentials>> credentials(const std::string& tenantName,
                                                   const std::string& username);

  private:
    store::Database& database_;
};

}  // namespace pcg::controlplane
