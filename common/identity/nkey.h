// SPDX-License-Identifier: Apache-2.0
// NATS keys: Ed25519 keys whose text says what they are for ("O..." operator, "A..." account,
// "U..." user).
//
// The kind is part of the type, so an account's seed cannot end up where a user's belongs. Public
// text: base32(prefix, 32 bytes, CRC-16/XMODEM little endian); seed: two prefix bytes that carry
// the kind as well (nats-io/nkeys, README and strkey.go). Immutable values; errors are
// identity.nkey and never quote a seed.
#pragma once

#include "common/base/random.h"
#include "common/base/result.h"
#include "common/base/secret.h"
#include "common/crypto/ed25519.h"

#include <compare>
#include <string>
#include <string_view>

namespace pcg::identity {

// The value is the prefix byte of the public text.
enum class NkeyKind : std::uint8_t { Account = 0x00, Operator = 0x70, User = 0xa0 };

// A public key. Holding one is the proof that its text is well formed and its checksum holds.
template <NkeyKind kKind>
class Nkey {
  public:
    static Result<Nkey> parse(std::string_view text);
    static Nkey of(const crypto::Ed25519PublicKey& raw);

    const std::string& text() const { return text_; }

    const crypto::Ed25519PublicKey& raw() const { return raw_; }

    friend bool operator==(const Nkey& a, const Nkey& b) { return a.raw_ == b.raw_; }

    friend auto operator<=>(const Nkey& a, const Nkey& b) { return a.raw_ <=> b.raw_; }

  private:
    Nkey(std::string text, const crypto::Ed25519PublicKey& raw)
        : text_(std::move(text)), raw_(raw) {}

    std::string text_;
    crypto::Ed25519PublicKey raw_;
};

template <NkeyKind kKind>
class NkeyPair {
  public:
    static Result<NkeyPair> generate(Random& random);

    // "SU..." and so on; white space around it is not taken.
    static Result<NkeyPair> fromSeed(const Secret& seedText);

    Secret seed() const { return seed_.clone(); }

    const Nkey<kKind>& publicKey() const { return publicKey_; }

    Result<crypto::Ed25519Signature> sign(BytesView message) const { return key_.sign(message); }

  private:
    NkeyPair(Secret seed, crypto::Ed25519Key key, Nkey<kKind> publicKey)
        : seed_(std::move(seed)), key_(std::move(key)), publicKey_(std::move(publicKey)) {}

    static Result<NkeyPair> fromRawSeed(const Secret& raw);

    Secret seed_;  // the text
    crypto::Ed25519Key key_;
    Nkey<kKind> publicKey_;
};

using OperatorKey = Nkey<NkeyKind::Operator>;
using AccountKey = Nkey<NkeyKind::Account>;
using UserKey = Nkey<NkeyKind::User>;
using OperatorKeyPair = NkeyPair<NkeyKind::Operator>;
using AccountKeyPair = NkeyPair<NkeyKind::Account>;
using UserKeyPair = NkeyPair<NkeyKind::User>;

extern template class Nkey<NkeyKind::Operator>;
extern template class Nkey<NkeyKind::Account>;
extern template class Nkey<NkeyKind::User>;
extern template class NkeyPair<NkeyKind::Operator>;
extern template class NkeyPair<NkeyKind::Account>;
extern template class NkeyPair<NkeyKind::User>;

}  // namespace pcg::identity
