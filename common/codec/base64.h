// SPDX-License-Identifier: Apache-2.0
// Standard base64 with padding (RFC 4648 section 4): HTTP Basic credentials, PEM bodies, x5c.
// Strict: padding must be there, stray bits in the last symbol and any blank are refused.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>
#include <string_view>

namespace pcg::codec {

std::string base64Encode(BytesView bytes);
Result<Bytes> base64Decode(std::string_view text);  // codec.base64

}  // namespace pcg::codec
