// SPDX-License-Identifier: Apache-2.0
// A signature that lies beside what it signs, by the key of an X.509 certificate: RSA with PKCS #1
// v1.5 (RFC 8017, section 8.2) or ECDSA, over SHA-256. What a release is signed with, so that
// `openssl dgst -sha256 -verify` says the same.
#pragma once

#include "common/crypto/x509.h"

namespace pcg::crypto {

// crypto.signature when it is not by that key over these octets; crypto.key for a key of another
// kind, or an RSA key below 2048 bits. Says nothing about whose certificate that is.
[[nodiscard]] Result<> verifyDetached(const Certificate& signer,
                                      BytesView content,
                                      BytesView signature);

}  // namespace pcg::crypto
