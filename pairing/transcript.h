// SPDX-License-Identifier: Apache-2.0
// What one run of the pairing is about, hashed, and the keys that come of it.
//
// RFC 9382 puts the additional data into the confirmation keys only, so two ends that disagree on
// it would still share Ke. Here the session keys are salted with it too: they, the comparison
// number, the public hash `pth` and the report tag agree only if every field agrees. SHA-256(TT)
// itself is Ke || Ka and never leaves this module. lv(x) is the length of x as 8 bytes,
// little-endian, then x.
#pragma once

#include "common/base/secret.h"
#include "pairing/types.h"

#include <string>

namespace pcg::pairing {

// In the order in which they are hashed.
struct RunContext {
    std::string suite{kSuite};
    Sid sid{};
    ClaimId claimId{};
    std::string gatewayId;
    Hash deviceSpkiSha256{};
    PointBytes encPub{};
    std::string nkeyPub;
    Hash csrSha256{};
    std::string tenantId;
    std::string tenantName;
    std::string portalOrigin;
    Hash controlPlaneRootSpkiSha256{};
    Hash offerSha256{};
    Hash claimSha256{};
    std::uint8_t attempt = 1;
};

Hash associatedData(const RunContext& context);

std::string commissionerIdentity(std::string_view tenantId);  // SPAKE2's A
std::string gatewayIdentity(std::string_view gatewayId);      // SPAKE2's B

void appendLengthValue(Bytes& to, BytesView value);

struct SessionKeys {
    Secret commissionerToGateway;
    Secret gatewayToCommissioner;
    Hash pth{};        // public name of the run
    Hash reportTag{};  // proves to the control plane that its reporter holds the session
    std::string sas;   // six digits, compared by people
};

SessionKeys deriveSession(BytesView ke,
                          const Hash& associated,
                          const PointBytes& pA,
                          const PointBytes& pB);

// "811 529"
std::string groupedSas(std::string_view sas);

// The AEAD boxes of M6 and M7: nonce = 32 zero bits and the sequence number, associated data =
// "PCGv1|<type>|" and the claim id in base64url.
Bytes sealBox(const Secret& key,
              std::string_view type,
              const ClaimId& claim,
              std::uint64_t seq,
              std::string_view plain);
Result<Secret> openBox(const Secret& key,
                       std::string_view type,
                       const ClaimId& claim,
                       std::uint64_t seq,
                       BytesView box);  // pairing.box

}  // namespace pcg::pairing
