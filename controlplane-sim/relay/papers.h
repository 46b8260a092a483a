// SPDX-License-Identifier: Apache-2.0
// M11: makes the gateway's papers (certificate, bus credentials, trust) and seals them to this
// run's key.
//
// issue() signs only; it runs on the storage thread inside the transaction that keeps the answer,
// so that what was promised and what was sent are one. No state.
#pragma once

#include "common/net/asio.h"
#include "common/wire/ids.h"
#include "controlplane-sim/pki/pki.h"
#include "controlplane-sim/relay/ratchets.h"
#include "pairing/messages.h"

namespace pcg::controlplane {

// What the bus's issuer does for pairing.
class BusPapers {
  public:
    virtual ~BusPapers() = default;

    // The tenant's account is there and the broker knows it. Loop.
    virtual net::Task<Result<>> prepare(wire::TenantId tenant) = 0;

    // Address, trust and a fresh user JWT for this nkey. Any thread; prepare() came before.
    virtual Result<pairing::Bus> papers(const wire::TenantId& tenant,
                                        const wire::UserNkey& nkey) const = 0;

    // The identity is durable now: this gateway may appear on the bus. Loop.
    virtual net::Task<Result<>> issued(wire::TenantId tenant,
                                       wire::GatewayId gateway,
                                       wire::UserNkey nkey) = 0;

    // Its key is worth nothing any more, but the gateway stays the tenant's, with the reason to be
    // seen. Ends the live connection too. Loop; repeated calls are harmless.
    virtual net::Task<Result<>> quarantined(wire::TenantId tenant,
                                            wire::GatewayId gateway,
                                            wire::UserNkey nkey,
                                            std::string why) = 0;

    // Ends the live connection too. Loop; repeated calls are harmless.
    virtual net::Task<Result<>> revoke(wire::TenantId tenant, wire::UserNkey nkey) = 0;
};

struct PapersOrder {
    pairing::Enrollment enrollment;
    pairing::ClaimId claimId{};
    std::string tenantName;
    wire::TenantId tenant;
    wire::UserNkey nkey;
    Bytes certificateSpki;
    std::string renewUrl;
    WallTime now;
};

// The octets of the SealedBundle answer.
Result<Bytes> issuePapers(const PapersOrder& order,
                          std::int64_t epoch,
                          const Pki& pki,
                          const Ratchets& ratchets,
                          const BusPapers& bus,
                          Random& random);

}  // namespace pcg::controlplane
