// SPDX-License-Identifier: Apache-2.0
// What the gateway itself can refuse, beside what its modules refuse.
#pragma once

#include "common/base/error.h"

namespace pcg::gateway::errc {

inline constexpr ErrorCode kUsage{ErrorClass::Input, "gateway.usage"};
inline constexpr ErrorCode kHostSystem{ErrorClass::Weather, "gateway.host_system"};
inline constexpr ErrorCode kBadField{ErrorClass::Input, "gateway.bad_field"};
inline constexpr ErrorCode kNameTaken{ErrorClass::Input, "gateway.name_taken"};
inline constexpr ErrorCode kTooMany{ErrorClass::Input, "gateway.too_many"};
inline constexpr ErrorCode kNoSuchEndpoint{ErrorClass::Input, "gateway.no_such_endpoint"};
inline constexpr ErrorCode kNoSuchKey{ErrorClass::Input, "gateway.no_such_key"};
// It became another one between the question and the answer.
inline constexpr ErrorCode kChangedMeanwhile{ErrorClass::Input, "gateway.changed_meanwhile"};
inline constexpr ErrorCode kOtherCertificate{ErrorClass::Input, "gateway.other_certificate"};
// What the data center has not allowed to a tenant, and what it could do about it.
inline constexpr ErrorCode kNotAllowed{ErrorClass::Input, "gateway.not_allowed"};
inline constexpr ErrorCode kNotPaired{ErrorClass::Input, "gateway.not_paired"};
inline constexpr ErrorCode kBusy{ErrorClass::Weather, "gateway.busy"};
inline constexpr ErrorCode kBadPolicy{ErrorClass::Input, "gateway.bad_policy"};
// A switch counts, and a restart would forget it.
inline constexpr ErrorCode kNotKept{ErrorClass::Weather, "gateway.not_kept"};
inline constexpr ErrorCode kNothingToConfirm{ErrorClass::Input, "gateway.nothing_to_confirm"};
inline constexpr ErrorCode kStateDamaged{ErrorClass::Input, "gateway.state_damaged"};
inline constexpr ErrorCode kNotRunning{ErrorClass::Weather, "gateway.not_running"};

}  // namespace pcg::gateway::errc
