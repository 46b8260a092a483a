// SPDX-License-Identifier: Apache-2.0
// API tokens of a tenant's users, by the SHA-256 of the token. Runs on the storage thread.
#pragma once

#include "controlplane-sim/tenancy/accounts.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

struct Token {
    std::string id;  // "tok_" and hex digits
    std::string label;
    UserRole role;  // what it may do is this and never more than its user may
    std::string username;
    WallTime createdAt;
    std::optional<WallTime> expiresAt;
    std::optional<WallTime> lastUsedAt;
};

struct NewToken {
    std::string id;
    Bytes sha256;
    std::string label;
    UserRole role;
    std::string username;
    std::optional<WallTime> expiresAt;
};

inline constexpr std::size_t kMaxTokensPerUser = 100;

class Tokens {
  public:
    explicit Tokens(store::Database& database) : database_(database) {}

    // Of one user, or of all when `username` is empty; by id, beginning after `after`.
    Result<std::vector<Token>> list(const TenantScope& scope,
                                    const std::string& username,
                                    const std::string& after,
                                    std::size_t limit);
    Result<std::optional<Token>> find(const TenantScope& scope, const std::string& id);

    // tenancy.too_many.
    Result<Token> add(const TenantScope& scope, const NewToken& token, WallTime now);
    Result<> remove(const TenantScope& scope, const std::string& id);

  private:
    store::Database& database_;
};

}  // namespace pcg::controlplane
