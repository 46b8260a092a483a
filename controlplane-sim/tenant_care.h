// SPDX-License-Identifier: Apache-2.0
// What the platform's API asks to be done to a tenant as a whole. An interface, so that it is
// tested without a bus.
#pragma once

#include "common/base/result.h"
#include "common/net/asio.h"
#include "common/wire/ids.h"

namespace pcg::controlplane {

class TenantCare {
  public:
    virtual ~TenantCare() = default;

    // Done when the new key is in force; what is sealed under the old one follows.
    virtual net::Task<Result<>> rotateKey(wire::TenantId tenant) = 0;

    // Done when the tenant's keys are gone and nobody signs in any more; the rows follow.
    virtual net::Task<Result<>> leave(wire::TenantId tenant) = 0;
};

}  // namespace pcg::controlplane
