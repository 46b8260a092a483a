// SPDX-License-Identifier: Apache-2.0
// The console's PIN: set by whoever opens its settings first, kept as scrypt (RFC 7914), and slow
// to be guessed: after five wrong ones each further one waits, twice as long every time, over
// restarts too. Pure, but for the time that scrypt takes (tenths of a second).
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/result.h"
#include "common/base/secret.h"

#include <string>

namespace pcg::appliance {

inline constexpr ErrorCode kBadPin{ErrorClass::Input, "appliance.pin"};
inline constexpr ErrorCode kPinWait{ErrorClass::Input, "appliance.pin_wait"};

struct PinRecord {
    Bytes salt;
    Bytes hash;
    int failures = 0;  // since the last right one
    WallTime lastFailure{};
};

// appliance.pin: 6 to 64 printable characters, not all the same.
Result<PinRecord> makePin(const Secret& pin, Random& random);

// appliance.pin: wrong, and counted in `record`; appliance.pin_wait: too early, not even looked at.
Result<> checkPin(const Secret& pin, PinRecord& record, WallTime now);

// How long until the next try is looked at.
std::chrono::seconds pinWait(const PinRecord& record, WallTime now);

Result<PinRecord> parsePin(std::string_view text);
std::string writePin(const PinRecord& record);

}  // namespace pcg::appliance
