// SPDX-License-Identifier: Apache-2.0
// The proof that a question is asked on behalf of one tenant.
//
// Every repository method that touches a tenant's rows takes one, and puts it into the statement's
// WHERE: there is no query without it, so a forgotten check does not compile. It is made in three
// places only: by `Accounts` when a token or a password proves who asks, by `Sessions` when a
// cookie does, and by `PlatformAuthority`, which the composition root gives to the parts that act
// for the platform itself (issuing, presence, ingress).
#pragma once

#include "common/wire/ids.h"

namespace pcg::controlplane {

class TenantScope {
  public:
    const wire::TenantId& tenant() const { return tenant_; }

  private:
    friend class Accounts;
    friend class Sessions;
    friend class PlatformAuthority;

    explicit TenantScope(wire::TenantId tenant) : tenant_(std::move(tenant)) {}

    wire::TenantId tenant_;
};

// Held by the platform's own parts, never by a request handler. The composition root makes one and
// passes it by reference to whoever must act for a tenant without being asked by one.
class PlatformAuthority {
  public:
    TenantScope scopeOf(wire::TenantId tenant) const { return TenantScope(std::move(tenant)); }

  private:
    friend class App;
    friend PlatformAuthority makePlatformAuthorityForTest();
    PlatformAuthority() = default;
};

}  // namespace pcg::controlplane
