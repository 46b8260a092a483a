// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base/error.h"

namespace pcg::egress {

// A rule or a request that cannot be read.
inline constexpr ErrorCode kBadRule{ErrorClass::Input, "egress.bad_rule"};
inline constexpr ErrorCode kBadRequest{ErrorClass::Input, "egress.bad_request"};

// No rule allows it. The message names what to change.
inline constexpr ErrorCode kDenied{ErrorClass::Input, "egress.denied"};

// The process that makes connections does not run, or has its hands full.
inline constexpr ErrorCode kUnavailable{ErrorClass::Weather, "egress.unavailable"};

}  // namespace pcg::egress
