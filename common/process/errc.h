// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base/error.h"

namespace pcg::process {

// The kernel refuses what every process of ours needs.
inline constexpr ErrorCode kHostSystem{ErrorClass::Weather, "process.host_system"};

}  // namespace pcg::process
