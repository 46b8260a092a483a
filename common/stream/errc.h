// SPDX-License-Identifier: Apache-2.0
// Why a stream could not be opened. What happens to an open stream is a Failure (types.h), not an
// Error.
#pragma once

#include "common/base/error.h"

namespace pcg::stream {

inline constexpr ErrorCode kTooManyStreams{ErrorClass::Weather, "stream.too_many_streams"};
inline constexpr ErrorCode kLinkDown{ErrorClass::Weather, "stream.link_down"};
inline constexpr ErrorCode kWrongState{ErrorClass::Input, "stream.wrong_state"};

}  // namespace pcg::stream
