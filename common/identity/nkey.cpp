// SPDX-License-Identifier: Apache-2.0
#include "common/identity/nkey.h"

#include "common/codec/base32.h"
#include "common/identity/errc.h"

#include <algorithm>

namespace pcg::identity {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kCrcSize = 2;
constexpr std::uint8_t kSeedPrefix = 0x90;  // 'S'

// CRC-16/XMODEM: polynomial 0x1021, start 0.
std::uint16_t crc16(BytesView bytes) {
    std::uint32_t crc = 0;
    for (const auto octet : bytes) {
        crc ^= static_cast<std::uint32_t>(octet) << 8;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
        }
        crc &= 0xffff;
    }
    return static_cast<std::uint16_t>(crc);
}

void appendCrc(Bytes& bytes) {
    const auto crc = crc16(bytes);
    bytes.push_back(static_cast<std::uint8_t>(crc & 0xff));
    bytes.push_back(static_cast<std::uint8_t>(crc >> 8));
}

bool crcHolds(BytesView bytes) {
    const auto body = bytes.first(bytes.size() - kCrcSize);
    const auto crc = crc16(body);
    return bytes[body.size()] == (crc & 0xff) && bytes[body.size() + 1] == crc >> 8;
}

std::string_view nameOf(NkeyKind kind) {
    switch (kind) {
        case NkeyKind::Operator:
            return "an operator key (it starts with O)";
        case NkeyKind::Account:
            return "an account key (it starts with A)";
        case NkeyKind::User:
            return "a user key (it starts with U)";
    }
    return "a key";
}

// The kind's 8 bits are spread over both seed bytes: 5 bits of 'S', then the kind, then zeros.
ByteArray<2> seedPrefix(NkeyKind kind) {
    const auto value = static_cast<std::uint8_t>(kind);
    return {static_cast<std::uint8_t>(kSeedPrefix | value >> 5),
            static_cast<std::uint8_t>((value & 31) << 3)};
}

}  // namespace

template <NkeyKind kKind>
Nkey<kKind> Nkey<kKind>::of(const crypto::Ed25519PublicKey& raw) {
    Bytes bytes{static_cast<std::uint8_t>(kKind)};
    append(bytes, raw);
    appendCrc(bytes);
    return Nkey(codec::base32Encode(bytes), raw);
}

template <NkeyKind kKind>
Result<Nkey<kKind>> Nkey<kKind>::parse(std::string_view text) {
    const auto bytes = codec::base32Decode(text);
    if (!bytes || bytes->size() != 1 + kKeySize + kCrcSize || !crcHolds(*bytes)) {
        return fail(kNkey, "The text is not a NATS public key: it is misspelt or was cut off.");
    }
    if (bytes->front() != static_cast<std::uint8_t>(kKind)) {
        return fail(
            kNkey, "The NATS key is of another kind; expected " + std::string(nameOf(kKind)) + ".");
    }
    crypto::Ed25519PublicKey raw{};
    std::copy_n(bytes->begin() + 1, kKeySize, raw.begin());
    return Nkey(std::string(text), raw);
}

template <NkeyKind kKind>
Result<NkeyPair<kKind>> NkeyPair<kKind>::fromRawSeed(const Secret& raw) {
    auto key = PCG_TRY(crypto::Ed25519Key::fromSeed(raw));
    Bytes bytes;
    bytes.reserve(2 + kKeySize + kCrcSize);
    append(bytes, seedPrefix(kKind));
    append(bytes, raw.reveal());
    appendCrc(bytes);
    auto text = codec::base32Encode(bytes);
    wipe(bytes);
    auto publicKey = Nkey<kKind>::of(key.publicKey());
    return NkeyPair(Secret::takeText(text), std::move(key), std::move(publicKey));
}

template <NkeyKind kKind>
Result<NkeyPair<kKind>> NkeyPair<kKind>::generate(Random& random) {
    auto seed = random.array<kKeySize>();
    const Secret raw{BytesView(seed)};
    wipe(seed);
    return fromRawSeed(raw);
}

template <NkeyKind kKind>
Result<NkeyPair<kKind>> NkeyPair<kKind>::fromSeed(const Secret& seedText) {
    auto decoded = codec::base32Decode(seedText.revealText());
    if (!decoded) return fail(kNkey, "The text is not a NATS seed: it is misspelt or was cut off.");
    const auto bytes = Secret::takeBytes(*decoded);
    const auto view = bytes.reveal();
    if (view.size() != 2 + kKeySize + kCrcSize || !crcHolds(view)) {
        return fail(kNkey, "The text is not a NATS seed: it is misspelt or was cut off.");
    }
    if (!std::ranges::equal(view.first(2), seedPrefix(kKind))) {
        return fail(kNkey,
                    "The NATS seed is of another kind; expected the seed of " +
                        std::string(nameOf(kKind)) + ".");
    }
    return fromRawSeed(Secret(view.subspan(2, kKeySize)));
}

template class Nkey<NkeyKind::Operator>;
template class Nkey<NkeyKind::Account>;
template class Nkey<NkeyKind::User>;
template class NkeyPair<NkeyKind::Operator>;
template class NkeyPair<NkeyKind::Account>;
template class NkeyPair<NkeyKind::User>;

}  // namespace pcg::identity
