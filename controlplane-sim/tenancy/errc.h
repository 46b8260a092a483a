// SPDX-License-Identifier: Apache-2.0
// What tenancy can refuse.
#pragma once

#include "common/base/error.h"

namespace pcg::controlplane {

inline constexpr ErrorCode kNameTaken{ErrorClass::Input, "tenancy.name_taken"};
inline constexpr ErrorCode kNotFound{ErrorClass::Input, "tenancy.not_found"};
inline constexpr ErrorCode kUnauthenticated{ErrorClass::Input, "tenancy.unauthenticated"};
inline constexpr ErrorCode kTooMany{ErrorClass::Input, "tenancy.too_many"};
inline constexpr ErrorCode kCsrf{ErrorClass::Input,
                                 "api.csrf"};  // a change that came from another site
inline constexpr ErrorCode kLastAdmin{ErrorClass::Input, "tenancy.last_admin"};
inline constexpr ErrorCode kGatewayBound{ErrorClass::Input, "tenancy.gateway_bound"};
inline constexpr ErrorCode kEnrollmentMismatch{ErrorClass::Input, "tenancy.enrollment_mismatch"};
inline constexpr ErrorCode kStillWiping{ErrorClass::Weather, "tenancy.still_wiping"};
inline constexpr ErrorCode kEnrollmentOver{ErrorClass::Input, "tenancy.enrollment_over"};

}  // namespace pcg::controlplane
