// SPDX-License-Identifier: Apache-2.0
// Ed25519 signatures (RFC 8032, the pure variant): NATS nkeys and JWTs.
// Immutable after construction, so free to be used from several threads.
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"
#include "common/crypto/pkey_handle.h"

namespace pcg::crypto {

using Ed25519PublicKey = ByteArray<32>;
using Ed25519Signature = ByteArray<64>;

class Ed25519Key {
  public:
    static constexpr std::size_t kSeedSize = 32;

    // The 32-byte private key of RFC 8032 section 5.1.5. crypto.key when the length is another.
    static Result<Ed25519Key> fromSeed(const Secret& seed);

    const Ed25519PublicKey& publicKey() const { return publicKey_; }

    Result<Ed25519Signature> sign(BytesView message) const;

  private:
    Ed25519Key(PkeyHandle handle, const Ed25519PublicKey& publicKey)
        : handle_(std::move(handle)), publicKey_(publicKey) {}

    PkeyHandle handle_;
    Ed25519PublicKey publicKey_;
};

// crypto.signature when it does not verify.
[[nodiscard]] Result<> verifyEd25519(const Ed25519PublicKey& publicKey,
                                     BytesView message,
                                     BytesView signature);

}  // namespace pcg::crypto
