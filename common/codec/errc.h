// SPDX-License-Identifier: Apache-2.0
// What can be wrong with encoded text. All of it is the sender's mistake.
#pragma once

#include "common/base/error.h"

namespace pcg::codec {

inline constexpr ErrorCode kBase32{ErrorClass::Input, "codec.base32"};
inline constexpr ErrorCode kBase64{ErrorClass::Input, "codec.base64"};
inline constexpr ErrorCode kJson{ErrorClass::Input, "codec.json"};
inline constexpr ErrorCode kJsonField{ErrorClass::Input, "codec.json_field"};

}  // namespace pcg::codec
