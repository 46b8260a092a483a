// SPDX-License-Identifier: Apache-2.0
// Why no bus identity is issued.
#pragma once

#include "common/base/error.h"

namespace pcg::controlplane::issuer {

inline constexpr ErrorCode kUnknownTenant{ErrorClass::Input, "issuer.unknown_tenant"};
inline constexpr ErrorCode kRevoked{ErrorClass::Input, "issuer.revoked"};
inline constexpr ErrorCode kStored{ErrorClass::Input, "issuer.stored_keys"};
// The broker did not take an account's claims.
inline constexpr ErrorCode kNotTaken{ErrorClass::Weather, "issuer.claims_not_taken"};

}  // namespace pcg::controlplane::issuer
