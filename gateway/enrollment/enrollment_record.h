// SPDX-License-Identifier: Apache-2.0
// The gateway's identity and the durable half of its state machine, as one value.
//
//   Unpaired -console's yes-> Accepted -M11, M12-> Provisioned -M13-> Active
//
// Keys are born here and never leave: K_dev (identity, until factory reset), K_tls (client
// certificate) and the nkey (bus). The pairing code is not in it: after a restart there is a new
// one.
#pragma once

#include "common/crypto/ec_key.h"
#include "common/identity/nkey.h"
#include "gateway/state/remote_access.h"
#include "pairing/attempt_limit.h"
#include "pairing/messages.h"

#include <optional>
#include <string>

namespace pcg::gateway {

struct GatewayKeys {
    crypto::EcKey device;
    crypto::EcKey tls;
    identity::UserKeyPair nkey;
    Bytes csr;  // of `tls`, DER; made once, so that its hash stays the same

    static Result<GatewayKeys> generate(Random& random);

    // The same device, with a new K_tls and nkey: the control plane never takes those of a pairing
    // that is over again.
    Result<> renew(Random& random);

    std::string gatewayId() const { return pairing::gatewayIdOf(device.publicSpki()); }
};

// Between the console's yes and the papers.
struct AcceptedPairing {
    pairing::ClaimId claimId{};
    pairing::Hash pth{};
    std::string tenantId;
    std::string tenantName;
    Bytes controlPlaneRootDer;
    Secret encPrivate;
    std::string enrollmentBody;  // M9, byte for byte: a repeat must be the same
    std::int64_t acceptedAt = 0;
    std::optional<RemoteAccess> remote;  // what the admin let the tenant do; none: did not say
};

// A renewal that was asked for and not answered: written before it is sent, and sent byte for byte
// until it is answered. A new one in its place would show a ratchet value that may be used up.
struct PendingRenewal {
    std::string body;
    std::optional<crypto::EcKey> tls;  // of the certificate that it asks for
};

// The papers, checked (M12).
struct ProvisionedPairing {
    pairing::ClaimId claimId{};
    Bytes controlPlaneRootDer;
    pairing::Bundle bundle;
    bool acknowledged = false;           // M13: Active
    std::optional<RemoteAccess> remote;  // as it was accepted
    pairing::Ratchet ratchet;            // to show next
    std::int64_t certificateIssuedAt = 0;
    std::optional<PendingRenewal> renewal;
};

// The admin gave this pairing up; the control plane is yet to be told.
struct PendingRelease {
    std::string tenantId;
    std::int64_t epoch = 1;
};

struct EnrollmentRecord {
    explicit EnrollmentRecord(GatewayKeys gatewayKeys) : keys(std::move(gatewayKeys)) {}

    GatewayKeys keys;
    pairing::AttemptLimit attempts;
    std::optional<AcceptedPairing> accepted;
    std::optional<ProvisionedPairing> provisioned;
    std::optional<PendingRelease> releasing;

    static Result<EnrollmentRecord> parse(const Secret& document);
    Result<Secret> write() const;
};

}  // namespace pcg::gateway
