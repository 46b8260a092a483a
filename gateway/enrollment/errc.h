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
// Somebody else uses this identity: only the tenant can end it.
inline constexpr ErrorCode kQuarantined{ErrorClass::Input, "enrollment.quarantined"};
// The certificate's time is over: the tenant has to vouch for the gateway.
inline constexpr ErrorCode kCertificateOver{ErrorClass::Input, "enrollment.certificate_over"};

}  // namespace pcg::gateway
