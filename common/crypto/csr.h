// SPDX-License-Identifier: Apache-2.0
// Certificate signing requests (PKCS#10, RFC 2986): a public key and the proof that the asker holds
// its private half. Requested subjects and attributes are never copied into a certificate; the
// authority decides what it says.
#pragma once

#include "common/base/result.h"
#include "common/crypto/ec_key.h"

#include <string_view>

namespace pcg::crypto {

// DER; `commonName` is for people who look at it.
Result<Bytes> createCsr(const EcKey& key, std::string_view commonName);

// A request whose signature was verified with the key that it carries.
class VerifiedCsr {
  public:
    // crypto.csr. Only EC keys on P-256 and P-384 are taken; at most 8 KiB; nothing after the DER.
    static Result<VerifiedCsr> fromDer(BytesView der);

    const Bytes& publicSpki() const { return spki_; }

    EcCurve curve() const { return curve_; }

  private:
    VerifiedCsr(Bytes spki, EcCurve curve) : spki_(std::move(spki)), curve_(curve) {}

    Bytes spki_;
    EcCurve curve_;
};

}  // namespace pcg::crypto
