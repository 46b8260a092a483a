// SPDX-License-Identifier: Apache-2.0
// Authenticated encryption: AES-256-GCM (NIST SP 800-38D), 96-bit nonce, 128-bit tag.
//
// A nonce is used once per key; whoever seals owns that promise. Pure functions, thread-safe.
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"

namespace pcg::crypto {

inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kAeadTagSize = 16;

using AeadNonce = ByteArray<12>;

// Ciphertext followed by the tag. The key must have 32 bytes (anything else is an assertion).
Bytes aesGcmSeal(const Secret& key,
                 const AeadNonce& nonce,
                 BytesView associated,
                 BytesView plaintext);

// crypto.not_authentic if key, nonce, associated data, ciphertext or tag is not the sealed one:
// which of them is not said, and no plaintext leaves.
Result<Secret> aesGcmOpen(const Secret& key,
                          const AeadNonce& nonce,
                          BytesView associated,
                          BytesView sealed);

}  // namespace pcg::crypto
