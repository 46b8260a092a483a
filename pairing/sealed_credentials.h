// SPDX-License-Identifier: Apache-2.0
// Credentials of an endpoint, sealed by whoever types them (a browser, `pcg`) to one gateway, so
// that the control plane in between carries what it cannot read. Normative text:
// docs/protocol/sealed-credentials.md.
//
// ECIES: ephemeral P-256, HKDF-SHA256, AES-256-GCM. The gateway's id, the endpoint's name and its
// kind go into the key, the address into the plaintext: a box that is carried to another endpoint,
// or to another machine, does not open or is not used. Pure functions.
#pragma once

#include "common/base/random.h"
#include "common/base/secret.h"
#include "common/crypto/ec_key.h"
#include "common/crypto/p256.h"

#include <string>
#include <string_view>

namespace pcg::pairing {

inline constexpr std::size_t kMaxSealedCredentials = 8 * 1024;
inline constexpr std::size_t kMaxCredentialBytes = 1024;  // of each of the texts inside

// Which endpoint of which gateway a box is for.
struct SealContext {
    std::string_view gatewayId;
    std::string_view endpointName;  // in lower case, as the gateway keeps it
    std::string_view kind;          // "vcenter"
};

// The 16 hex digits by which a sealing key is named: the beginning of its SHA-256.
std::string sealingKeyId(const crypto::PointBytes& publicKey);

// What the gateway's device key signs, so that who seals can tell its key from another one.
Bytes sealingKeyStatement(std::string_view gatewayId, const crypto::PointBytes& publicKey);

// pairing.sealed if the device key did not sign this key for this gateway, or is not the key that
// the gateway's id is made of.
Result<> verifySealingKey(std::string_view gatewayId,
                          const crypto::PointBytes& publicKey,
                          BytesView deviceSpki,
                          BytesView signature);

// ephemeral public key (65) || nonce (12) || ciphertext || tag (16). pairing.sealed if the key is
// no point.
Result<Bytes> sealCredentials(const Secret& plaintext,
                              const crypto::PointBytes& publicKey,
                              const SealContext& context,
                              Random& random);

// The plaintext. pairing.sealed if it was not sealed to this key for this endpoint; which of them
// is not said.
Result<Secret> openCredentials(BytesView sealed,
                               const crypto::Scalar& privateKey,
                               const SealContext& context);

// What is inside a box for a vCenter: {"address","username","password"}.
struct PasswordCredentials {
    std::string address;  // as the person gave it; the receiver normalises it and compares
    Secret username;
    Secret password;

    // pairing.sealed, with the member. A MAAS's "api_key" becomes a user name (its first two parts)
    // and a password (the third).
    static Result<PasswordCredentials> parse(const Secret& plaintext);

    // Padded with blanks to a multiple of 256 bytes, so that the length of a box says little.
    Secret write() const;
};

}  // namespace pcg::pairing
