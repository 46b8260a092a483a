// SPDX-License-Identifier: Apache-2.0
// Whether the tenant may administer this gateway from its side, and the key to what it seals.
//
// The data center owns the answer: nothing is allowed until its configuration, the answer to the
// pairing's question or `pcgctl remote allow` says so, and the last two are for the present pairing
// only. Loop thread; open() at the
// beginning of a pairing's service, close() at its end.
#pragma once

#include "gateway/enrollment/enrollment_record.h"
#include "gateway/link/inventory.h"
#include "gateway/state/audit_trail.h"
#include "pairing/sealed_credentials.h"
#include "vcenter-proxy/policy/document.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace pcg::gateway {

enum class RemoteRight { Endpoints, Keys };

class RemoteGate {
  public:
    struct Parts {
        StateStore& state;
        AuditTrail& audit;
        RemoteAccess fallback;          // what holds while nobody has said anything
        std::function<void()> changed;  // after each change
    };

    explicit RemoteGate(Parts parts) : parts_(std::move(parts)) {}

    // `granted`: what the admin said when the pairing was accepted; pcgctl's later word counts
    // more.
    net::Task<Result<>> open(store::Scope scope,
                             const GatewayKeys& keys,
                             std::optional<RemoteAccess> granted = std::nullopt);
    void close();

    RemoteAccess access() const { return access_; }

    const std::optional<SealingFacts>& sealing() const { return facts_; }

    // gateway.not_allowed, in words that the tenant can pass on to the data center.
    Result<> require(RemoteRight right) const;

    // What it takes away counts at once, what it gives when it is durable. gateway.not_paired when
    // there is no tenant to allow it to; gateway.not_kept.
    net::Task<Result<>> set(RemoteAccess access);

    // What the tenant sealed for this endpoint; gateway.bad_field. `keyId` names the key that it
    // was sealed to.
    Result<pairing::PasswordCredentials> unseal(std::string_view sealed,
                                                std::string_view keyId,
                                                std::string_view name,
                                                std::string_view kind) const;

  private:
    Parts parts_;
    store::Scope scope_;
    std::string gatewayId_;
    std::optional<crypto::Scalar> key_;
    std::string keyId_;
    std::optional<SealingFacts> facts_;
    RemoteAccess access_;
    std::uint64_t sets_ = 0;  // and pairings: what was waited for may be out of date
};

// Whether the data center's policy speaks of an endpoint of this name, however it is written: what
// it says is for that name. Null: there is no policy.
bool namesEndpoint(const policy::Policy* policy, std::string_view endpoint);

}  // namespace pcg::gateway
