// SPDX-License-Identifier: Apache-2.0
// What cryptography can refuse.
#pragma once

#include "common/base/error.h"

namespace pcg::crypto {

// The library failed for a reason that is not in the input: out of memory, no entropy.
inline constexpr ErrorCode kLibrary{ErrorClass::Weather, "crypto.library"};
inline constexpr ErrorCode kKey{ErrorClass::Input, "crypto.key"};
inline constexpr ErrorCode kSignature{ErrorClass::Input, "crypto.signature"};
inline constexpr ErrorCode kCertificate{ErrorClass::Input, "crypto.certificate"};
inline constexpr ErrorCode kUntrusted{ErrorClass::Input, "crypto.untrusted"};
inline constexpr ErrorCode kCsr{ErrorClass::Input, "crypto.csr"};
inline constexpr ErrorCode kJws{ErrorClass::Input, "crypto.jws"};
inline constexpr ErrorCode kNotAuthentic{ErrorClass::Input, "crypto.not_authentic"};
inline constexpr ErrorCode kPoint{ErrorClass::Input, "crypto.point"};
inline constexpr ErrorCode kScalar{ErrorClass::Input, "crypto.scalar"};

}  // namespace pcg::crypto
