// SPDX-License-Identifier: Apache-2.0
// The seeds that the control plane signs bus identities with, and what it takes to keep them: one
// sealed text for the operator, one for each tenant. A tenant's account identity is dropped at
// birth: with strict_signing_key_usage the server takes no user that it signs, so nobody misses it
// and nobody can steal it. Immutable values.
#pragma once

#include "common/identity/nats_jwt.h"

namespace pcg::controlplane::issuer {

struct OperatorSeeds {
    identity::OperatorKeyPair identity;  // signs the operator's own token only
    identity::OperatorKeyPair signing;   // signs accounts
    identity::AccountKeyPair system;     // identity of the system account
    identity::AccountKeyPair systemUsers;

    static Result<OperatorSeeds> generate(Random& random);
    static Result<OperatorSeeds> fromSecret(const Secret& text);
    Result<Secret> toSecret() const;
};

struct TenantSeeds {
    identity::AccountKey account;
    identity::AccountKeyPair gateways;      // role "gateway"
    identity::AccountKeyPair controlPlane;  // role "cp"

    static Result<TenantSeeds> generate(Random& random);
    static Result<TenantSeeds> fromSecret(const Secret& text);
    Result<Secret> toSecret() const;
};

}  // namespace pcg::controlplane::issuer
