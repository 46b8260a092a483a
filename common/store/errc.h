// SPDX-License-Identifier: Apache-2.0
// What storage can refuse.
#pragma once

#include "common/base/error.h"

namespace pcg::store {

inline constexpr ErrorCode kIo{ErrorClass::Weather, "store.io"};
inline constexpr ErrorCode kBusy{ErrorClass::Weather, "store.busy"};  // locked, or too much queued
inline constexpr ErrorCode kStopped{ErrorClass::Weather, "store.stopped"};
inline constexpr ErrorCode kCancelled{ErrorClass::Weather, "store.cancelled"};
inline constexpr ErrorCode kCorrupt{ErrorClass::Input, "store.corrupt"};
inline constexpr ErrorCode kNewerSchema{ErrorClass::Input, "store.newer_schema"};
inline constexpr ErrorCode kChangedMigration{ErrorClass::Input, "store.changed_migration"};
inline constexpr ErrorCode kConstraint{ErrorClass::Input, "store.constraint"};
inline constexpr ErrorCode kPermissions{ErrorClass::Input, "store.permissions"};
inline constexpr ErrorCode kInUse{ErrorClass::Input, "store.in_use"};
inline constexpr ErrorCode kSql{ErrorClass::Input, "store.sql"};
// A sealed value does not open: tampered with, swapped, or sealed on another machine.
inline constexpr ErrorCode kSealBroken{ErrorClass::Input, "store.seal_broken"};
inline constexpr ErrorCode kRootKey{ErrorClass::Input, "store.root_key"};

}  // namespace pcg::store
