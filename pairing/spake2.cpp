// SPDX-License-Identifier: Apache-2.0
#include "pairing/spake2.h"

#include "common/base/assert.h"
#include "common/crypto/kdf.h"
#include "pairing/errc.h"
#include "pairing/transcript.h"

namespace pcg::pairing {
namespace {

using crypto::Point;
using crypto::Scalar;

constexpr unsigned kIterations = 100'000;
constexpr std::size_t kStretchedSize = 48;  // the order of the group and 128 bits more: no bias

Point constant(const char* hex) {
    auto point = Point::parse(*fromHex(hex));
    PCG_ASSERT(point.has_value());
    return std::move(*point);
}

// RFC 9382 section 6: M and N of P-256, here uncompressed. Nobody knows their discrete logarithms.
const Point& maskOf(Role role) {
    static const Point kM = constant(
        "04886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"
        "5ff355163e43ce224e0b0e65ff02ac8e5c7be09419c785e0ca547d55a12e2d20");
    static const Point kN = constant(
        "04d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"
        "07d60aa6bfade45008a636337f5168c64d9bd36034808cd564490b1e656edbe7");
    return role == Role::Commissioner ? kM : kN;
}

Role other(Role role) { return role == Role::Commissioner ? Role::Gateway : Role::Commissioner; }

Scalar copyOf(const Scalar& scalar) {
    auto copy = Scalar::parse(scalar.bytes().reveal());
    PCG_ASSERT(copy.has_value());
    return std::move(*copy);
}

}  // namespace

Result<Scalar> passwordScalar(const PairingCode& code, const Sid& sid) {
    Bytes salt = toBytes(asBytes("PCGv1 w"));
    salt.push_back(0);
    append(salt, sid);
    return Scalar::reduce(
        crypto::pbkdf2Sha256(code.password(), salt, kIterations, kStretchedSize).reveal());
}

Spake2 Spake2::start(Role role, const Scalar& w, Random& random) {
    for (;;) {
        auto run = startWith(role, w, Scalar::random(random));
        if (run) return std::move(*run);
    }
}

Result<Spake2> Spake2::startWith(Role role, const Scalar& w, Scalar ephemeral) {
    const auto masked = Point::multiply(w, maskOf(role));
    const auto share = PCG_TRY(Point::add(masked, Point::multiplyGenerator(ephemeral)));
    return Spake2(role, copyOf(w), std::move(ephemeral), share.bytes());
}

Result<Spake2Keys> Spake2::finish(BytesView peerShare,
                                  std::string_view identityA,
                                  std::string_view identityB,
                                  BytesView associated) && {
    const auto refused = [](std::string_view why) {
        return fail(kShare, "the other side's key share is refused: " + std::string(why));
    };
    const auto peer = Point::parse(peerShare);
    if (!peer) return refused(peer.error().message());
    if (peer->bytes() == share_) return refused("it is our own, sent back");
    const auto unmasked = Point::subtract(*peer, Point::multiply(w_, maskOf(other(role_))));
    if (!unmasked) return refused("it gives the point at infinity");
    auto shared = Point::multiply(ephemeral_, *unmasked).bytes();

    const bool isA = role_ == Role::Commissioner;
    Bytes transcript;
    transcript.reserve(512);  // so that no copy of K stays behind in a smaller buffer
    appendLengthValue(transcript, asBytes(identityA));
    appendLengthValue(transcript, asBytes(identityB));
    appendLengthValue(transcript, isA ? BytesView(share_) : peerShare);
    appendLengthValue(transcript, isA ? peerShare : BytesView(share_));
    appendLengthValue(transcript, shared);
    appendLengthValue(transcript, w_.bytes().reveal());

    auto digest = crypto::sha256(transcript);
    Bytes info = toBytes(asBytes("ConfirmationKeys"));
    append(info, associated);
    const auto confirmation = crypto::hkdf({}, BytesView(digest).subspan(16), info, 32);
    Spake2Keys keys;
    keys.ke = Secret(BytesView(digest).first(16));
    keys.commissionerConfirm = crypto::hmacSha256(confirmation.reveal().first(16), transcript);
    keys.gatewayConfirm = crypto::hmacSha256(confirmation.reveal().subspan(16), transcript);
    wipe(MutableBytes(digest));
    wipe(MutableBytes(shared));
    wipe(MutableBytes(transcript));
    return keys;
}

}  // namespace pcg::pairing
