// SPDX-License-Identifier: Apache-2.0
// A tenant gets another key while it goes on working, in bounded steps.
//
// begin() makes the new generation of keys: from there on everything is sealed under it, and the
// old one still opens. Each step() seals some rows anew; the one that finds nothing left destroys
// the old key. Everything is in the database, so that after a crash the steps go on where they
// were. Storage thread.
#pragma once

#include "controlplane-sim/tenancy/tenant_vault.h"

namespace pcg::controlplane {

class KeyRotation {
  public:
    KeyRotation(store::Database& database, const TenantScope& scope)
        : database_(database), scope_(scope) {}

    // Harmless while a rotation is under way: it is the same one.
    Result<> begin();

    Result<bool> isUnderWay() const;

    // True when it is over. About as long as one page of a list.
    Result<bool> step();

  private:
    Result<bool> moveSecrets(std::int64_t from, std::int64_t to);

    store::Database& database_;
    TenantScope scope_;
};

}  // namespace pcg::controlplane
