// SPDX-License-Identifier: Apache-2.0
#include "common/codec/base64url.h"

#include "common/codec/base64_core.h"

namespace pcg::codec {
namespace {

constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64UrlEncode(BytesView bytes) { return detail::packSextets(bytes, kUrlSafe); }

Result<Bytes> base64UrlDecode(std::string_view text) {
    return detail::unpackSextets(text, kUrlSafe);
}

}  // namespace pcg::codec
