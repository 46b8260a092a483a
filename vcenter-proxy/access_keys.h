// SPDX-License-Identifier: Apache-2.0
// Tells a good access key from a bad one. Behind this interface are hashes of the secrets; the
// secrets themselves, sealed, only where clients sign with them.
//
// Called on the loop thread; work that blocks is done elsewhere and resumes on the loop. The time
// taken must not tell whether the key id exists, nor how much of the secret was right. An unknown
// key, a wrong secret, a revoked key and a key of another endpoint are one and the same error
// (errc::kInvalidLogin); any other error means that the question could not be answered. An answer
// resumes before EndpointService::dropKey() of a revocation that it did not see.
#pragma once

#include "common/base/secret.h"
#include "common/net/asio.h"
#include "vcenter-proxy/principal.h"

#include <memory>

namespace pcg::proxy {

// Whether somebody knew a secret without showing it: a signature. Asked on whatever thread the keys
// live on, so it holds everything that it needs.
class Proof {
  public:
    virtual ~Proof() = default;
    virtual bool holds(const Secret& secret) const = 0;
};

class AccessKeys {
  public:
    virtual ~AccessKeys() = default;
    virtual net::Task<Result<Principal>> verify(wire::EndpointId endpoint,
                                                wire::AccessKeyId key,
                                                Secret secret) = 0;

    // The same by a proof. Of endpoints whose clients sign (MAAS) the secret itself is kept; keys
    // of others are errc::kInvalidLogin here.
    virtual net::Task<Result<Principal>> verifyBy(wire::EndpointId endpoint,
                                                  wire::AccessKeyId key,
                                                  std::shared_ptr<const Proof> proof);
};

}  // namespace pcg::proxy
