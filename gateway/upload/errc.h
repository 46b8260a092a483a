// SPDX-License-Identifier: Apache-2.0
// What can become of an upload by reference, by stable name (docs/uploads.md).
#pragma once

#include "common/base/error.h"

namespace pcg::gateway::upload::errc {

// Where it was to come from.
inline constexpr ErrorCode kSourceDenied{ErrorClass::Input, "upload.source_denied"};
inline constexpr ErrorCode kSourceRefused{ErrorClass::Input, "upload.source_refused"};
inline constexpr ErrorCode kSourceFailed{ErrorClass::Weather, "upload.source_failed"};
inline constexpr ErrorCode kWrongDigest{ErrorClass::Input, "upload.wrong_sha256"};
inline constexpr ErrorCode kTooLarge{ErrorClass::Input, "upload.too_large"};
inline constexpr ErrorCode kNoRoom{ErrorClass::Weather, "upload.no_room"};

// Where it was to go.
inline constexpr ErrorCode kTargetExists{ErrorClass::Input, "upload.target_exists"};
inline constexpr ErrorCode kTargetRefused{ErrorClass::Input, "upload.target_refused"};
inline constexpr ErrorCode kTargetFailed{ErrorClass::Weather, "upload.target_failed"};
inline constexpr ErrorCode kLeaseOver{ErrorClass::Input, "upload.lease_over"};
// The push may have happened.
inline constexpr ErrorCode kOutcomeUnknown{ErrorClass::Weather, "upload.outcome_unknown"};

inline constexpr ErrorCode kCancelled{ErrorClass::Input, "upload.cancelled"};
inline constexpr ErrorCode kTookTooLong{ErrorClass::Input, "upload.took_too_long"};
inline constexpr ErrorCode kNoSuchUpload{ErrorClass::Input, "upload.no_such_upload"};
inline constexpr ErrorCode kOtherOrder{ErrorClass::Input, "upload.other_order"};
inline constexpr ErrorCode kQueueFull{ErrorClass::Weather, "upload.queue_full"};
inline constexpr ErrorCode kStopping{ErrorClass::Weather, "upload.stopping"};

}  // namespace pcg::gateway::upload::errc
