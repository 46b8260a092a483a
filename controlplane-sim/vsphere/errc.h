// SPDX-License-Identifier: Apache-2.0
// What a vCenter, or the way to it, can answer instead of what was asked for.
#pragma once

#include "common/base/error.h"

namespace pcg::controlplane::vsphere {

// Faults that a caller decides by.
inline constexpr ErrorCode kInvalidLogin{ErrorClass::Input, "vsphere.invalid_login"};
inline constexpr ErrorCode kNoPermission{ErrorClass::Input, "vsphere.no_permission"};
inline constexpr ErrorCode kNotFound{ErrorClass::Input, "vsphere.not_found"};
inline constexpr ErrorCode kExists{ErrorClass::Input, "vsphere.exists"};
inline constexpr ErrorCode kPowerState{ErrorClass::Input, "vsphere.power_state"};
inline constexpr ErrorCode kRejected{ErrorClass::Input, "vsphere.rejected"};  // any other fault
inline constexpr ErrorCode kNotAuthenticated{ErrorClass::Weather, "vsphere.not_authenticated"};
inline constexpr ErrorCode kBusy{ErrorClass::Weather, "vsphere.busy"};  // another task, try again

// Not a fault.
inline constexpr ErrorCode kNotSent{ErrorClass::Weather,
                                    "vsphere.not_sent"};                      // surely not executed
inline constexpr ErrorCode kUnknown{ErrorClass::Weather, "vsphere.unknown"};  // perhaps executed
inline constexpr ErrorCode kBadAnswer{ErrorClass::Weather, "vsphere.bad_answer"};
inline constexpr ErrorCode kTooMuch{ErrorClass::Input, "vsphere.too_much"};

}  // namespace pcg::controlplane::vsphere
