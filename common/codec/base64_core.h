// SPDX-License-Identifier: Apache-2.0
// Internal to codec: the 6-bit packing that both base64 alphabets share. No padding here.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>
#include <string_view>

namespace pcg::codec::detail {

std::string packSextets(BytesView bytes, std::string_view alphabet);
Result<Bytes> unpackSextets(std::string_view text, std::string_view alphabet);

}  // namespace pcg::codec::detail
