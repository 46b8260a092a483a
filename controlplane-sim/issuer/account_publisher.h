// SPDX-License-Identifier: Apache-2.0
// Tells the running broker of an account's claims, so that a new tenant, a new limit or a
// revocation counts at once and not after a restart. Loop thread.
#pragma once

#include "common/bus/bus.h"

#include <chrono>
#include <string>

namespace pcg::controlplane::issuer {

class AccountPublisher {
  public:
    // A bus of the system account (Issuer::systemUser); must outlive this.
    explicit AccountPublisher(bus::Bus& system) : system_(system) {}

    // Done when the broker said that it took them; claims are idempotent, so a failed push may be
    // repeated. issuer.claims_not_taken with the broker's words, or the bus's own error.
    net::Task<Result<>> publish(std::string accountJwt);

    static constexpr std::chrono::seconds kTimeout{5};

  private:
    bus::Bus& system_;
};

// The broker's answer to $SYS.REQ.CLAIMS.UPDATE.
Result<> readClaimsAnswer(BytesView answer);

}  // namespace pcg::controlplane::issuer
