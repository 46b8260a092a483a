// SPDX-License-Identifier: Apache-2.0
// Tells a good access key from a bad one. Only hashes of the secrets are kept behind this
// interface.
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

namespace pcg::proxy {

class AccessKeys {
  public:
    virtual ~AccessKeys() = default;
    virtual net::Task<Result<Principal>> verify(wire::EndpointId endpoint,
                                                wire::AccessKeyId key,
                                                Secret secret) = 0;
};

}  // namespace pcg::proxy
