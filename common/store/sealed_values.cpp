// SPDX-License-Identifier: Apache-2.0
#include "common/store/sealed_values.h"

#include "common/crypto/aead.h"
#include "common/crypto/kdf.h"
#include "common/store/errc.h"

#include <algorithm>

namespace pcg::store {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kKeyIdAt = 1;
constexpr std::size_t kNonceAt = kKeyIdAt + std::tuple_size_v<KeyId>;
constexpr std::size_t kBodyAt = kNonceAt + std::tuple_size_v<crypto::AeadNonce>;

// '|' separates, so it must not occur within a field.
std::string escaped(const std::string& field) {
    std::string text;
    for (const char c : field) {
        if (c == '|') {
            text += "%7C";
        } else if (c == '%') {
            text += "%25";
        } else {
            text += c;
        }
    }
    return text;
}

std::string associatedData(const DataKey& key, const Cell& cell) {
    return "pcg|1|" + escaped(cell.table) + "|" + escaped(cell.primaryKey) + "|" +
           escaped(cell.column) + "|" + std::to_string(key.version) + "|" +
           escaped(key.scope.tenant) + "|" + std::to_string(key.scope.epoch);
}

Secret cellKey(const DataKey& key, const Cell& cell) {
    const auto info = "PCGv1 cell|" + escaped(cell.table) + "|" + escaped(cell.primaryKey) + "|" +
                      std::to_string(key.version);
    return crypto::hkdf({}, key.key.reveal(), asBytes(info), crypto::kAeadKeySize);
}

tl::unexpected<Error> broken() {
    return fail(
        kSealBroken,
        "A sealed value does not open: it was changed, moved, or sealed on another machine. "
        "Restore the whole state directory from one backup, or enter the value again.");
}

}  // namespace

Bytes sealValue(const DataKey& key, const Cell& cell, BytesView plaintext, Random& random) {
    const auto nonce = random.array<std::tuple_size_v<crypto::AeadNonce>>();
    Bytes sealed{kVersion};
    append(sealed, key.id);
    append(sealed, nonce);
    append(sealed,
           crypto::aesGcmSeal(
               cellKey(key, cell), nonce, asBytes(associatedData(key, cell)), plaintext));
    return sealed;
}

Result<KeyId> keyIdOf(BytesView sealed) {
    if (sealed.size() < kBodyAt + crypto::kAeadTagSize || sealed[0] != kVersion) return broken();
    KeyId id{};
    std::copy_n(sealed.begin() + kKeyIdAt, id.size(), id.begin());
    return id;
}

Result<Secret> openValue(const DataKey& key, const Cell& cell, BytesView sealed) {
    if (PCG_TRY(keyIdOf(sealed)) != key.id) return broken();
    crypto::AeadNonce nonce{};
    std::copy_n(sealed.begin() + kNonceAt, nonce.size(), nonce.begin());
    auto opened = crypto::aesGcmOpen(
        cellKey(key, cell), nonce, asBytes(associatedData(key, cell)), sealed.subspan(kBodyAt));
    if (!opened) return broken();
    return opened;
}

}  // namespace pcg::store
