// SPDX-License-Identifier: Apache-2.0
// What can go wrong between a gateway and its control plane before there is a bus.
#pragma once

#include "common/base/error.h"

namespace pcg::gateway {

inline constexpr ErrorCode kRecord{ErrorClass::Input, "enrollment.record"};
inline constexpr ErrorCode kControlPlane{ErrorClass::Weather, "enrollment.control_plane"};
inline constexpr ErrorCode kRefused{ErrorClass::Input, "enrollment.refused"};
inline constexpr ErrorCode kPapers{ErrorClass::Input, "enrollment.papers"};
inline constexpr ErrorCode kNothingToDecide{ErrorClass::Input, "enrollment.nothing_to_decide"};
inline constexpr ErrorCode kNotPaired{ErrorClass::Input, "enrollment.not_paired"};
inline constexpr ErrorCode kOver{ErrorClass::Input, "enrollment.over"};

}  // namespace pcg::gateway
