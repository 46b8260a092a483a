// SPDX-License-Identifier: Apache-2.0
// Seals a tenant's text for one cell of a table, under the tenant's key. Storage thread.
#pragma once

#include "controlplane-sim/tenancy/tenant_vault.h"

namespace pcg::controlplane::deploy {

class Seals {
  public:
    // Makes the tenant's keys; to be called before a transaction in which something is sealed.
    static Result<> prepare(store::Database& database, const TenantScope& scope) {
        return TenantVault(database, scope).prepare();
    }

    // The generation of the tenant's keys that seals now.
    static std::int64_t epoch(store::Database& database, const TenantScope& scope) {
        return TenantVault(database, scope).epoch();
    }

    static Result<Bytes> seal(store::Database& database,
                              const TenantScope& scope,
                              const store::Cell& cell,
                              BytesView plain) {
        return TenantVault(database, scope).seal(cell, asText(plain));
    }

    static Result<Secret> open(store::Database& database,
                               const TenantScope& scope,
                               const store::Cell& cell,
                               BytesView sealed) {
        return TenantVault(database, scope).openSecret(cell, sealed);
    }
};

}  // namespace pcg::controlplane::deploy
