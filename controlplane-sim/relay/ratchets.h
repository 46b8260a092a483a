// SPDX-License-Identifier: Apache-2.0
// The values of the renewal ratchet: which one belongs to a gateway's n-th renewal.
//
// They are derived, not stored. A control plane whose database was restored from a backup then
// still knows the value of a renewal that it has forgotten, and does not take its whole fleet for
// copies; and whoever reads the database learns none. Immutable; any thread.
#pragma once

#include "common/base/secret.h"
#include "common/wire/ids.h"
#include "controlplane-sim/pki/pki.h"
#include "pairing/renew_messages.h"

namespace pcg::controlplane {

class Ratchets {
  public:
    // Loads the key or makes it. Storage thread.
    static Result<Ratchets> open(const PkiStorage& storage, Random& random);

    pairing::Ratchet at(const wire::GatewayId& gateway,
                        std::int64_t epoch,
                        std::int64_t counter) const;

    // Whether the value is the one of its counter. Constant time.
    bool isGenuine(const wire::GatewayId& gateway,
                   std::int64_t epoch,
                   const pairing::Ratchet& shown) const;

  private:
    explicit Ratchets(Secret key) : key_(std::move(key)) {}

    Secret key_;
};

}  // namespace pcg::controlplane
