// SPDX-License-Identifier: Apache-2.0
// Who may use the bus as whom: the one place where bus identities are signed.
//
// An account per tenant, a user per gateway whose key was born on the gateway, a user of our own
// per account. The signing keys carry scopes, so the issuer cannot give anybody more than the scope
// says (docs/adr/0004). The broker honours a newer token for a revoked key, so this is where such a
// key is refused for ever. Thread-safe; signing takes microseconds; open*() read and write storage
// and belong on the storage thread.
#pragma once

#include "common/base/synchronized.h"
#include "common/bus/nats_bus.h"
#include "common/wire/ids.h"
#include "controlplane-sim/issuer/signing_keys.h"
#include "controlplane-sim/lifetimes.h"
#include "controlplane-sim/pki/pki.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pcg::controlplane::issuer {

// A live link ends when its token does, and its streams with it: our own token outlives many
// gateways' tokens.
inline constexpr std::chrono::hours kOwnJwtLifetime{7 * 24};

// The inbox prefix of systemUser(), without a trailing dot.
inline constexpr std::string_view kSystemInboxPrefix = "_INBOX_sys";

// Where the vault keeps a tenant's seeds, for whoever destroys them.
std::string tenantKeysName(const wire::TenantId& tenant);

class Issuer {
  public:
    // Loads the operator's keys or makes them. `random` (thread-safe) and `clock` must outlive it.
    static Result<std::unique_ptr<Issuer>> open(
        const PkiStorage& storage,
        Random& random,
        const Clock& clock,
        std::chrono::seconds gatewayToken = Lifetimes{}.token);

    // For the broker's configuration.
    Result<std::string> operatorJwt() const;
    Result<std::string> systemAccountJwt() const;

    std::string systemAccount() const { return operator_.system.publicKey().text(); }

    // Loads the tenant's keys or makes them. `revoked`: every nkey that this tenant's gateways ever
    // lost, and when.
    Result<> openTenant(const PkiStorage& storage,
                        const wire::TenantId& tenant,
                        std::size_t gateways,
                        const std::vector<std::pair<wire::UserNkey, WallTime>>& revoked);

    // The account's claims as they stand now, to be pushed to the broker after each change. Limits
    // grow with the number of gateways. A revocation is told as long as a token of that key can be
    // good, and is not in the claims for ever. All of the following: issuer.unknown_tenant before
    // openTenant.
    Result<std::string> accountJwt(const wire::TenantId& tenant) const;
    Result<std::string> accountKey(const wire::TenantId& tenant) const;  // "A..."

    // issuer.revoked when the key was revoked.
    Result<std::string> gatewayJwt(const wire::TenantId& tenant, const wire::UserNkey& nkey) const;

    // Take effect at the broker when accountJwt() is pushed.
    Result<> setGateways(const wire::TenantId& tenant, std::size_t gateways);
    Result<> revoke(const wire::TenantId& tenant, const wire::UserNkey& nkey);

    // The account of a tenant that leaves: no connections, keys that nobody has, everybody revoked.
    // (A delete signed by an operator signing key is refused by the server.) The tenant is unknown
    // afterwards.
    Result<std::string> tombstoneJwt(const wire::TenantId& tenant);

    // The control plane's user in the tenant's account, and in the system account. They must not
    // outlive the issuer.
    Result<std::shared_ptr<const bus::BusCredentials>> controlPlaneUser(
        const wire::TenantId& tenant) const;
    Result<std::shared_ptr<const bus::BusCredentials>> systemUser() const;

  private:
    struct TenantState {
        std::shared_ptr<const TenantSeeds> seeds;
        std::size_t gateways = 0;
        std::map<std::string, WallTime> revoked;
    };

    using Tenants = std::map<std::string, TenantState>;

    Issuer(OperatorSeeds seeds,
           Random& random,
           const Clock& clock,
           std::chrono::seconds gatewayToken)
        : operator_(std::move(seeds)),
          random_(random),
          clock_(clock),
          gatewayToken_(gatewayToken) {}

    Result<TenantState> stateOf(const wire::TenantId& tenant) const;

    OperatorSeeds operator_;
    Random& random_;
    const Clock& clock_;
    std::chrono::seconds gatewayToken_;
    Synchronized<Tenants> tenants_;
};

}  // namespace pcg::controlplane::issuer
