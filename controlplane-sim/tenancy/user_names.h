// SPDX-License-Identifier: Apache-2.0
// How a tenant's users are named in the tables: by an id of their own ("usr_" and 32 hex digits)
// everywhere, and by name in one sealed column, beside a blind index that does not regard case.
// Storage thread.
#pragma once

#include "controlplane-sim/tenancy/tenant_vault.h"

#include <optional>
#include <string>
#include <string_view>

namespace pcg::controlplane {

class UserNames {
  public:
    UserNames(store::Database& database, const TenantScope& scope)
        : database_(database), tenant_(scope.tenant().text()), vault_(database, scope) {}

    // Without regard to case. Nothing: there is no such user.
    Result<std::optional<std::string>> idOf(std::string_view username) const;
    // tenancy.not_found.
    Result<std::string> require(std::string_view username) const;

    // "username_sealed" of the user's row. Empty is nothing sealed: there is no such name.
    Result<std::string> open(const std::string& id, BytesView sealed) const;
    Result<std::string> openPasswordHash(const std::string& id, BytesView sealed) const;

    // Writes the row of a new user; its keys must be there (TenantVault::prepare). The id.
    struct NewRow {
        std::string_view username;
        std::string_view role;
        std::string_view passwordHash;
        std::int64_t createdAtMs;
    };

    Result<std::string> insert(const NewRow& row);
    Result<> setPasswordHash(const std::string& id, std::string_view hash);

  private:
    store::Database& database_;
    std::string tenant_;
    TenantVault vault_;
};

}  // namespace pcg::controlplane
