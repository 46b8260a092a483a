// SPDX-License-Identifier: Apache-2.0
// What can be wrong with the bus identities that somebody hands us.
#pragma once

#include "common/base/error.h"

namespace pcg::identity {

inline constexpr ErrorCode kNkey{ErrorClass::Input, "identity.nkey"};
inline constexpr ErrorCode kJwt{ErrorClass::Input, "identity.jwt"};
inline constexpr ErrorCode kJwtExpired{ErrorClass::Input, "identity.jwt_expired"};

}  // namespace pcg::identity
