// SPDX-License-Identifier: Apache-2.0
// What can go wrong while pairing. The names are part of the contract of `pcg pair --json`, of the
// relay's answers and of the tests.
#pragma once

#include "common/base/error.h"

namespace pcg::pairing {

// The typed code. None of these costs an attempt or reaches the network.
inline constexpr ErrorCode kCodeEmpty{ErrorClass::Input, "pairing.code_empty"};
inline constexpr ErrorCode kCodeEncoding{ErrorClass::Input, "pairing.code_encoding"};
inline constexpr ErrorCode kCodeSymbol{ErrorClass::Input, "pairing.code_symbol"};
inline constexpr ErrorCode kCodeLength{ErrorClass::Input, "pairing.code_length"};
inline constexpr ErrorCode kCodeCheck{ErrorClass::Input, "pairing.code_check"};

// Messages.
inline constexpr ErrorCode kMessage{ErrorClass::Input, "pairing.message"};
inline constexpr ErrorCode kVersion{ErrorClass::Input, "pairing.version"};
inline constexpr ErrorCode kIdentity{ErrorClass::Input, "pairing.identity"};
inline constexpr ErrorCode kTenantName{ErrorClass::Input, "pairing.tenant_name"};

// A run.
inline constexpr ErrorCode kShare{ErrorClass::Input, "pairing.share"};
inline constexpr ErrorCode kBadCode{ErrorClass::Input, "pairing.bad_code"};
inline constexpr ErrorCode kBox{ErrorClass::Input, "pairing.box"};
inline constexpr ErrorCode kBinding{ErrorClass::Input, "pairing.binding"};
inline constexpr ErrorCode kProtocol{ErrorClass::Input, "pairing.protocol"};
inline constexpr ErrorCode kRoot{ErrorClass::Input, "pairing.root"};
inline constexpr ErrorCode kExpired{ErrorClass::Input, "pairing.expired"};
inline constexpr ErrorCode kRejected{ErrorClass::Input, "pairing.rejected"};
inline constexpr ErrorCode kCancelled{ErrorClass::Input, "pairing.cancelled"};
inline constexpr ErrorCode kResting{ErrorClass::Input, "pairing.resting"};
inline constexpr ErrorCode kFailedThere{ErrorClass::Input, "pairing.failed_there"};
inline constexpr ErrorCode kBundle{ErrorClass::Input, "pairing.bundle"};
inline constexpr ErrorCode kSealed{ErrorClass::Input, "pairing.sealed"};

}  // namespace pcg::pairing
