// SPDX-License-Identifier: Apache-2.0
// M11's outer layer: the gateway's papers, sealed to the ephemeral key that it made for this run,
// so that no box on the way reads them. Who signed them is the inner layer's matter (crypto/jws.h).
//
// key = HKDF(salt = pth, ECDH(enc, cp_eph), "PCGv1 bundle" || lv(cp_eph_pub) || lv(enc_pub)),
// AES-256-GCM with a zero nonce (the key is used once), associated data = the claim id.
#pragma once

#include "common/base/random.h"
#include "common/base/secret.h"
#include "pairing/enrollment_messages.h"

namespace pcg::pairing {

// pairing.bundle if `encPub` is no point.
Result<SealedBundle> sealBundle(std::string_view jws,
                                const PointBytes& encPub,
                                const Hash& pth,
                                const ClaimId& claim,
                                Random& random);

// The JWS. pairing.bundle if it was not sealed for this key and this run.
Result<std::string> openBundle(const SealedBundle& sealed,
                               const Secret& encPrivate,
                               const Hash& pth,
                               const ClaimId& claim);

}  // namespace pcg::pairing
