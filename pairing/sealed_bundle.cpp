// SPDX-License-Identifier: Apache-2.0
#include "pairing/sealed_bundle.h"

#include "common/crypto/aead.h"
#include "common/crypto/kdf.h"
#include "pairing/errc.h"
#include "pairing/transcript.h"

namespace pcg::pairing {
namespace {

constexpr crypto::AeadNonce kOnlyNonce{};

Secret bundleKey(const crypto::Scalar& own,
                 const crypto::Point& peer,
                 const Hash& pth,
                 const PointBytes& controlPlane,
                 const PointBytes& gateway) {
    Bytes info = toBytes(asBytes("PCGv1 bundle"));
    appendLengthValue(info, controlPlane);
    appendLengthValue(info, gateway);
    return crypto::hkdf(pth, crypto::ecdh(own, peer).reveal(), info, crypto::kAeadKeySize);
}

tl::unexpected<Error> notForUs() {
    return fail(kBundle,
                "the control plane's bundle was altered on its way, or belongs to another pairing");
}

}  // namespace

Result<SealedBundle> sealBundle(std::string_view jws,
                                const PointBytes& encPub,
                                const Hash& pth,
                                const ClaimId& claim,
                                Random& random) {
    const auto gateway = crypto::Point::parse(encPub);
    if (!gateway)
        return fail(kBundle,
                    "the gateway's encryption key is not usable: " + gateway.error().message());
    const auto ephemeral = crypto::Scalar::random(random);
    SealedBundle sealed;
    sealed.controlPlaneEphemeral = crypto::Point::multiplyGenerator(ephemeral).bytes();
    const auto key = bundleKey(ephemeral, *gateway, pth, sealed.controlPlaneEphemeral, encPub);
    sealed.ciphertext = crypto::aesGcmSeal(key, kOnlyNonce, claim, asBytes(jws));
    return sealed;
}

Result<std::string> openBundle(const SealedBundle& sealed,
                               const Secret& encPrivate,
                               const Hash& pth,
                               const ClaimId& claim) {
    const auto own = PCG_TRY(crypto::Scalar::parse(encPrivate.reveal()));
    const auto peer = crypto::Point::parse(sealed.controlPlaneEphemeral);
    if (!peer) return notForUs();
    const auto key = bundleKey(own,
                               *peer,
                               pth,
                               sealed.controlPlaneEphemeral,
                               crypto::Point::multiplyGenerator(own).bytes());
    const auto jws = crypto::aesGcmOpen(key, kOnlyNonce, claim, sealed.ciphertext);
    if (!jws) return notForUs();
    return std::string(jws->revealText());
}

}  // namespace pcg::pairing
