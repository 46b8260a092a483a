// SPDX-License-Identifier: Apache-2.0
// What a MAAS, or the way to it, can answer instead of what was asked for.
#pragma once

#include "common/base/error.h"

namespace pcg::controlplane::maas {

// Definite: nothing was changed.
inline constexpr ErrorCode kRejected{ErrorClass::Input, "maas.rejected"};          // 400 and others
inline constexpr ErrorCode kUnauthorized{ErrorClass::Input, "maas.unauthorized"};  // 401
inline constexpr ErrorCode kForbidden{ErrorClass::Input, "maas.forbidden"};        // 403
inline constexpr ErrorCode kNotFound{ErrorClass::Input, "maas.not_found"};         // 404
inline constexpr ErrorCode kConflict{ErrorClass::Input, "maas.conflict"};          // 409
inline constexpr ErrorCode kTooMuch{ErrorClass::Input, "maas.too_much"};

inline constexpr ErrorCode kNotSent{ErrorClass::Weather, "maas.not_sent"};  // surely not executed
inline constexpr ErrorCode kUnknown{ErrorClass::Weather, "maas.unknown"};   // perhaps executed
inline constexpr ErrorCode kBadAnswer{ErrorClass::Weather, "maas.bad_answer"};
inline constexpr ErrorCode kBusy{ErrorClass::Weather, "maas.busy"};  // in between, try again

}  // namespace pcg::controlplane::maas
