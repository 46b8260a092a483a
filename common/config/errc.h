// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a configuration. All of it is for the person who wrote the file.
#pragma once

#include "common/base/error.h"

namespace pcg::config {

inline constexpr ErrorCode kFile{ErrorClass::Input,
                                 "config.file"};  // missing, unreadable, not JSON
inline constexpr ErrorCode kUnknownKey{ErrorClass::Input, "config.unknown_key"};
inline constexpr ErrorCode kMissingKey{ErrorClass::Input, "config.missing_key"};
inline constexpr ErrorCode kBadValue{ErrorClass::Input, "config.bad_value"};

}  // namespace pcg::config
