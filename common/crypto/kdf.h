// SPDX-License-Identifier: Apache-2.0
// Keys from keys and keys from passwords: HMAC (RFC 2104), HKDF (RFC 5869), PBKDF2 (RFC 8018),
// scrypt (RFC 7914), all over SHA-256.
//
// Lengths are in bytes. pbkdf2Sha256 and scrypt are slow on purpose (tenths of a second): never on
// the loop thread. None can fail but for want of memory or a wrong constant, which is an assertion.
#pragma once

#include "common/base/secret.h"
#include "common/crypto/digest.h"

namespace pcg::crypto {

Digest256 hmacSha256(BytesView key, BytesView message);

Secret hkdfExtract(BytesView salt, BytesView inputKey);
Secret hkdfExpand(const Secret& pseudorandomKey, BytesView info, std::size_t size);
Secret hkdf(BytesView salt, BytesView inputKey, BytesView info, std::size_t size);

Secret pbkdf2Sha256(BytesView password, BytesView salt, unsigned iterations, std::size_t size);

// Memory is 128 * r * N bytes; the default takes 32 MiB.
struct ScryptCost {
    std::uint64_t n = 1ULL << 15;
    std::uint32_t r = 8;
    std::uint32_t p = 1;
};

Secret scrypt(BytesView password, BytesView salt, const ScryptCost& cost, std::size_t size);

}  // namespace pcg::crypto
