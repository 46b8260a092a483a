// SPDX-License-Identifier: Apache-2.0
// Seals a tenant's text for one cell of a table, under the tenant's key. Storage thread.
#pragma once

#include "common/store/envelope.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

namespace pcg::controlplane::deploy {

class Seals {
  public:
    virtual ~Seals() = default;

    // Makes the tenant's keys; to be called before a transaction in which something is sealed.
    virtual Result<> prepare(store::Database& database, const TenantScope& scope) = 0;
    // The generation of the tenant's keys that seals now.
    virtual std::int64_t epoch(store::Database& database, const TenantScope& scope) = 0;
    virtual Result<Bytes> seal(store::Database& database,
                               const TenantScope& scope,
                               const store::Cell& cell,
                               BytesView plain) = 0;
    virtual Result<Secret> open(store::Database& database,
                                const TenantScope& scope,
                                const store::Cell& cell,
                                BytesView sealed) = 0;
};

class EnvelopeSeals final : public Seals {
  public:
    explicit EnvelopeSeals(store::Envelope& envelope) : envelope_(envelope) {}

    Result<> prepare(store::Database&, const TenantScope& scope) override {
        return envelope_.prepare(scopeOf(scope), kClass);
    }

    std::int64_t epoch(store::Database&, const TenantScope&) override { return kEpoch; }

    Result<Bytes> seal(store::Database&,
                       const TenantScope& scope,
                       const store::Cell& cell,
                       BytesView plain) override {
        return envelope_.seal(scopeOf(scope), kClass, cell, plain);
    }

    Result<Secret> open(store::Database&,
                        const TenantScope& scope,
                        const store::Cell& cell,
                        BytesView sealed) override {
        return envelope_.open(scopeOf(scope), kClass, cell, sealed);
    }

  private:
    static constexpr auto kClass = store::KeyClass::Credentials;

    static constexpr std::int64_t kEpoch = 0;

    static store::Scope scopeOf(const TenantScope& scope) {
        return {scope.tenant().text(), kEpoch};
    }

    store::Envelope& envelope_;
};

}  // namespace pcg::controlplane::deploy
