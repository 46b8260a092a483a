// SPDX-License-Identifier: Apache-2.0
// The sessions of signed-in browsers, by the SHA-256 of their ids. Runs on the storage thread.
#pragma once

#include "controlplane-sim/tenancy/accounts.h"

#include <chrono>

namespace pcg::controlplane {

inline constexpr std::chrono::minutes kSessionIdle{30};
inline constexpr std::chrono::hours kSessionLifetime{12};
inline constexpr std::chrono::minutes kStepUpLasts{5};

class Sessions {
  public:
    // Of one user; a further sign-in ends the oldest.
    static constexpr int kMaxPerUser = 20;

    explicit Sessions(store::Database& database) : database_(database) {}

    // After the password was compared. Notes the sign-in, and sweeps what is over.
    Result<> open(const TenantScope& scope,
                  const std::string& username,
                  BytesView sha256,
                  WallTime now);

    // What a page asks by itself is not a use: an open tab would keep a session alive for ever.
    enum class Use { Attended, Unattended };

    // Nothing: unknown, idle for too long, or too old. The role is the user's at this moment.
    // Notes the use, at most once a minute.
    Result<std::optional<Authenticated>> byDigest(BytesView sha256,
                                                  WallTime now,
                                                  Use use = Use::Attended);

    Result<> stepUp(const TenantScope& scope, BytesView sha256, WallTime until);
    Result<> end(const TenantScope& scope, BytesView sha256);

    Result<> endAll(const TenantScope& scope, const std::string& username);
    Result<> endOthers(const TenantScope& scope, const std::string& username, BytesView keep);

  private:
    store::Database& database_;
};

}  // namespace pcg::controlplane
