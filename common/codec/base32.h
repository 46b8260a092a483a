// SPDX-License-Identifier: Apache-2.0
// Base32 in the two forms the product speaks.
//
// RFC 4648 section 6, upper case, without padding: NATS nkeys. Crockford's alphabet (no I, L, O,
// U), lower case: our identifiers ("gw_..."), which are read aloud and typed. Decoding is strict:
// one text per value, so the bits left over in the last symbol must be zero and no other case or
// separator is taken.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>
#include <string_view>

namespace pcg::codec {

std::string base32Encode(BytesView bytes);
Result<Bytes> base32Decode(std::string_view text);  // codec.base32

// 16 bytes become 26 symbols, 32 bytes become 52.
std::string crockfordEncode(BytesView bytes);
Result<Bytes> crockfordDecode(std::string_view text);  // codec.base32; lower case only

}  // namespace pcg::codec
