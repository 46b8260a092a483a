// SPDX-License-Identifier: Apache-2.0
// What can be wrong with what the other side sent. Compare by code, show the message.
#pragma once

#include "common/base/error.h"

namespace pcg::wire {

inline constexpr ErrorCode kBadId{ErrorClass::Input, "wire.bad_id"};
inline constexpr ErrorCode kBadSubject{ErrorClass::Input, "wire.bad_subject"};
inline constexpr ErrorCode kBadFrame{ErrorClass::Input, "wire.bad_frame"};
inline constexpr ErrorCode kBadHead{ErrorClass::Input, "wire.bad_head"};
inline constexpr ErrorCode kBadName{ErrorClass::Input, "wire.bad_name"};
inline constexpr ErrorCode kBadAddress{ErrorClass::Input, "wire.bad_address"};
inline constexpr ErrorCode kBadFingerprint{ErrorClass::Input, "wire.bad_fingerprint"};
inline constexpr ErrorCode kTooLarge{ErrorClass::Input, "wire.too_large"};

}  // namespace pcg::wire
