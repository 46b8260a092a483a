// SPDX-License-Identifier: Apache-2.0
// A tenant leaves: its keys are destroyed first, so that from the first commit on no copy of its
// rows can be read; then the rows go, in bounded steps that a crash may interrupt anywhere.
//
// The bus account ends by a tombstone (Issuer::tombstoneJwt), since the broker refuses a delete
// that an operator signing key signed; it is kept until the broker took it. Storage thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <string>
#include <vector>

namespace pcg::controlplane {

class Offboarding {
  public:
    explicit Offboarding(store::Database& database) : database_(database) {}

    struct Tombstone {
        wire::TenantId tenant;
        std::string jwt;
    };

    // Users, tokens, gateways and all else that is small goes at once; nobody signs in any more.
    // tenancy.not_found when there is no such tenant, or it left already.
    Result<> begin(const TenantScope& scope, const std::string& tombstoneJwt, WallTime now);

    // True when nothing of the tenant is left.
    Result<bool> step(const TenantScope& scope);

    // Who is still being removed, and what the broker has still to be told.
    Result<std::vector<wire::TenantId>> leaving(const PlatformAuthority& authority);
    Result<std::vector<Tombstone>> tombstones(const PlatformAuthority& authority);
    Result<> tombstoneTaken(const PlatformAuthority& authority, const wire::TenantId& tenant);

  private:
    Result<std::vector<std::string>> tablesOfTenants();

    store::Database& database_;
};

}  // namespace pcg::controlplane
