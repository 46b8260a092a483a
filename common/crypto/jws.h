// SPDX-License-Identifier: Apache-2.0
// Compact JWS (RFC 7515) with one algorithm, ES256 (RFC 7518 section 3.4), told apart by `typ`.
//
// There is no choice of algorithm to get wrong: `alg` must be ES256; "none", any other, a `crit`
// list, a `b64` or an embedded key (`jwk`, `jku`, `x5u`) is refused (RFC 8725 sections 3.1
// and 3.5). `typ` keeps a token made for one use from being taken in another (RFC 8725
// section 3.11).
#pragma once

#include "common/base/result.h"
#include "common/crypto/ec_key.h"
#include "common/crypto/x509.h"

#include <span>
#include <string>
#include <string_view>

namespace pcg::crypto {

inline constexpr std::size_t kMaxJwsSize = 64 * 1024;

// `chain`, when given, travels as x5c, leaf first.
Result<std::string> signJws(const EcKey& key,
                            std::string_view typ,
                            BytesView payload,
                            std::span<const Certificate> chain = {});

// A token that parsed. It gives out its payload only against a key or roots.
class UnverifiedJws {
  public:
    static Result<UnverifiedJws> parse(std::string_view text);  // crypto.jws

    const std::string& typ() const { return typ_; }

    const CertificateChain& chain() const { return chain_; }  // x5c, empty when absent

    // The payload, if `typ` is the expected one and the signature is by this P-256 key.
    Result<Bytes> verify(std::string_view typ,
                         BytesView spki) const;  // crypto.jws, crypto.signature

    // The same by the leaf of x5c, after that chain was verified up to one of `roots` for
    // `purpose`.
    Result<Bytes> verifyByChain(std::string_view typ,
                                std::span<const Certificate> roots,
                                Purpose purpose,
                                WallTime at) const;

  private:
    UnverifiedJws() = default;

    std::string signingInput_;
    std::string typ_;
    CertificateChain chain_;
    Bytes payload_;
    Bytes signature_;
};

}  // namespace pcg::crypto
