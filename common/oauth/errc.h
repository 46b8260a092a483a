// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a form or an Authorization field, by stable name.
#pragma once

#include "common/base/error.h"

namespace pcg::oauth::errc {

inline constexpr ErrorCode kBadForm{ErrorClass::Input, "oauth.bad_form"};
inline constexpr ErrorCode kBadAuthorization{ErrorClass::Input, "oauth.bad_authorization"};

}  // namespace pcg::oauth::errc
