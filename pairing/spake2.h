// SPDX-License-Identifier: Apache-2.0
// SPAKE2 over P-256 with SHA-256, HKDF and HMAC (RFC 9382): two ends that know the same low-entropy
// password agree on a key; whoever stands between gets one guess per run and nothing to test
// offline.
//
// A is the commissioner, B the gateway; A confirms first. One object is one run: finish() consumes
// the ephemeral scalar. Group work takes well under a millisecond; passwordScalar() takes tenths of
// a second on purpose and never runs on the loop thread.
#pragma once

#include "common/base/secret.h"
#include "common/crypto/p256.h"
#include "pairing/pairing_code.h"
#include "pairing/types.h"

namespace pcg::pairing {

// w = PBKDF2-HMAC-SHA256(password, "PCGv1 w" || 00 || sid, 100 000, 48 bytes) modulo n.
// Fails only if that is 0: make another code.
Result<crypto::Scalar> passwordScalar(const PairingCode& code, const Sid& sid);

enum class Role { Commissioner, Gateway };

struct Spake2Keys {
    Secret ke;                   // 16 bytes
    Hash commissionerConfirm{};  // cA
    Hash gatewayConfirm{};       // cB
};

class Spake2 {
  public:
    static Spake2 start(Role role, const crypto::Scalar& w, Random& random);

    // With a chosen ephemeral scalar, for test vectors. Fails if the share is the point at
    // infinity.
    static Result<Spake2> startWith(Role role, const crypto::Scalar& w, crypto::Scalar ephemeral);

    const PointBytes& share() const { return share_; }

    // pairing.share if the peer's share is no point, is our own, or gives the point at infinity.
    // `associated` is what the confirmation keys are bound to (empty in the RFC's vectors).
    Result<Spake2Keys> finish(BytesView peerShare,
                              std::string_view identityA,
                              std::string_view identityB,
                              BytesView associated) &&;

  private:
    Spake2(Role role, crypto::Scalar w, crypto::Scalar ephemeral, const PointBytes& share)
        : role_(role), w_(std::move(w)), ephemeral_(std::move(ephemeral)), share_(share) {}

    Role role_;
    crypto::Scalar w_;
    crypto::Scalar ephemeral_;
    PointBytes share_;
};

}  // namespace pcg::pairing
