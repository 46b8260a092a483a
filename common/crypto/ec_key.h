// SPDX-License-Identifier: Apache-2.0
// ECDSA key pairs on P-256 and P-384: device and TLS keys of gateways, the control plane's CA.
//
// P-256 signs with SHA-256, P-384 with SHA-384 (RFC 5656 section 6.2.1 pairs them so). Keys leave
// as Secret only. Immutable after construction, so free to be used from several threads.
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"
#include "common/crypto/pkey_handle.h"

namespace pcg::crypto {

enum class EcCurve { P256, P384 };

using Es256Signature = ByteArray<64>;

class EcKey {
  public:
    static Result<EcKey> generate(EcCurve curve);

    // PKCS#8 DER (RFC 5958), unencrypted. Anything but a whole P-256 or P-384 key is crypto.key.
    static Result<EcKey> fromPkcs8(const Secret& der);

    Result<Secret> toPkcs8() const;
    Result<Secret> toPem() const;  // "BEGIN PRIVATE KEY"

    EcCurve curve() const { return curve_; }

    // DER of the SubjectPublicKeyInfo (RFC 5280 section 4.1).
    const Bytes& publicSpki() const { return spki_; }

    // ECDSA-Sig-Value, DER.
    Result<Bytes> signDer(BytesView message) const;

    // r || s, 32 bytes each (RFC 7518 section 3.4). crypto.key on a P-384 key.
    Result<Es256Signature> signEs256(BytesView message) const;

    // For the modules that hand the key to a TLS context.
    const PkeyHandle& handle() const { return handle_; }

  private:
    static Result<EcKey> fromHandle(PkeyHandle handle);

    EcKey(PkeyHandle handle, EcCurve curve, Bytes spki)
        : handle_(std::move(handle)), curve_(curve), spki_(std::move(spki)) {}

    PkeyHandle handle_;
    EcCurve curve_;
    Bytes spki_;
};

// The curve of a SubjectPublicKeyInfo; crypto.key when it is not an EC key on a curve of ours, or
// when the DER is not the whole text.
Result<EcCurve> curveOfSpki(BytesView spki);

// crypto.key when `spki` is no key of ours, crypto.signature when the signature does not verify.
[[nodiscard]] Result<> verifyEs256(BytesView spki, BytesView message, BytesView signature);
[[nodiscard]] Result<> verifyEcdsaDer(BytesView spki, BytesView message, BytesView signature);

}  // namespace pcg::crypto
