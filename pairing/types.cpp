// SPDX-License-Identifier: Apache-2.0
#include "pairing/types.h"

#include "common/codec/base32.h"
#include "common/codec/base64url.h"
#include "pairing/errc.h"

#include <algorithm>

namespace pcg::pairing {
namespace {

constexpr std::size_t kIdSymbols = 26;

template <std::size_t N>
Result<ByteArray<N>> fixed(std::string_view what, std::string_view text) {
    const auto bytes = codec::base64UrlDecode(text.substr(0, 2 * N));
    if (!bytes || bytes->size() != N || text.size() > 2 * N) {
        return fail(
            kMessage,
            "the " + std::string(what) + " must be base64url of " + std::to_string(N) + " bytes");
    }
    ByteArray<N> array{};
    std::copy(bytes->begin(), bytes->end(), array.begin());
    return array;
}

}  // namespace

std::string toText(BytesView bytes) { return codec::base64UrlEncode(bytes); }

Result<Sid> parseSid(std::string_view text) { return fixed<32>("offer id", text); }

Result<ClaimId> parseClaimId(std::string_view text) { return fixed<16>("claim id", text); }

std::string gatewayIdOf(BytesView deviceSpki) {
    const auto digest = crypto::sha256(deviceSpki);
    return "gw_" + codec::crockfordEncode(BytesView(digest).first(16));
}

Sid sidOf(const Nonce& bootNonce, const Nonce& serverNonce) {
    return crypto::Sha256().update("PCGv1 sid").update(bootNonce).update(serverNonce).finish();
}

bool isId(std::string_view prefix, std::string_view text) {
    static constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    return text.size() == prefix.size() + kIdSymbols && text.starts_with(prefix) &&
           text.find_first_not_of(kAlphabet, prefix.size()) == std::string_view::npos;
}

}  // namespace pcg::pairing
