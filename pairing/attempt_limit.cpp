// SPDX-License-Identifier: Apache-2.0
#include "pairing/attempt_limit.h"

#include <algorithm>

namespace pcg::pairing {
namespace {

constexpr std::int64_t kHour = std::chrono::milliseconds(kCooldown).count();
constexpr std::size_t kKept = kAttemptsPerHour;

}  // namespace

AttemptLimit::AttemptLimit(std::vector<std::int64_t> unixMilliseconds)
    : attempts_(std::move(unixMilliseconds)) {
    std::sort(attempts_.begin(), attempts_.end());
    if (attempts_.size() > kKept) attempts_.erase(attempts_.begin(), attempts_.end() - kKept);
}

void AttemptLimit::notInTheFuture(std::int64_t now) {
    for (auto& at : attempts_) at = std::min(at, now);
}

std::optional<WallTime> AttemptLimit::restingUntil(WallTime now) {
    if (attempts_.size() < kKept) return std::nullopt;
    const auto present = toUnixMilliseconds(now);
    notInTheFuture(present);
    const auto newest = attempts_.back();
    // Ten within an hour: rest for an hour from the last of them.
    if (newest - attempts_.front() >= kHour || present - newest >= kHour) return std::nullopt;
    return fromUnixMilliseconds(newest + kHour);
}

void AttemptLimit::record(WallTime now) {
    const auto present = toUnixMilliseconds(now);
    notInTheFuture(present);
    attempts_.push_back(present);
    if (attempts_.size() > kKept) attempts_.erase(attempts_.begin());
}

}  // namespace pcg::pairing
