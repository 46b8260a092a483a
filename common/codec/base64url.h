// SPDX-License-Identifier: Apache-2.0
// base64url without padding (RFC 4648 section 5, RFC 7515 appendix C): JWS, JWT, pairing messages.
// Strict: one text per value, so stray bits in the last symbol, padding and blanks are refused.
// Without that, a signed token would have several spellings.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>
#include <string_view>

namespace pcg::codec {

std::string base64UrlEncode(BytesView bytes);
Result<Bytes> base64UrlDecode(std::string_view text);  // codec.base64

}  // namespace pcg::codec
