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

struct Tenant {
    wire::TenantId id;
    std::string name;
    WallTime createdAt;
};

struct NewTenant {
    wire::TenantId id;
    std::string name;  // 1 to 64 bytes, unique without regard to case
    std::string adminUsername;
    std::string adminPasswordHash;
    Bytes adminTokenSha256;
};

// Who asks: the tenant they may act in, and as what.
struct Authenticated {
    TenantScope scope;
    std::string tenantName;
    std::string username;
    UserRole role;
};

class Accounts {
  public:
    explicit Accounts(store::Database& database) : database_(database) {}

    // The tenant, its first admin and an API token, or nothing. tenancy.name_taken if the name is
    // in use.
    Result<Tenant> create(const NewTenant& tenant, WallTime now);

    Result<std::vector<Tenant>> list();  // at most 10,000, oldest first
    Result<std::optional<Tenant>> find(const wire::TenantId& id);

    // Nothing: unknown or expired. Looks up by digest, so its timing says nothing about the token.
    Result<std::optional<Authenticated>> byTokenSha256(BytesView sha256, WallTime now);

    Result<> addToken(const TenantScope& scope,
                      const std::string& username,
                      BytesView sha256,
                      WallTime now,
                      std::optional<WallTime> expiresAt);

  private:
    store::Database& database_;
};

}  // namespace pcg::controlplane
