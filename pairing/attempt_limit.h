// SPDX-License-Identifier: Apache-2.0
// How often codes may be guessed at one gateway: ten runs in any hour, then an hour of rest.
// Wall-clock times, because the count outlives the process; a time from the future (somebody set
// the clock back) counts as now, so stepping the clock cannot free attempts early by more than it
// moved. Plain value.
#pragma once

#include "common/base/clock.h"
#include "pairing/types.h"

#include <optional>
#include <vector>

namespace pcg::pairing {

class AttemptLimit {
  public:
    AttemptLimit() = default;
    // From storage; at most the newest ten are kept.
    explicit AttemptLimit(std::vector<std::int64_t> unixMilliseconds);

    // When the next run may begin; nothing: now.
    std::optional<WallTime> restingUntil(WallTime now);
    void record(WallTime now);

    void lift() { attempts_.clear(); }  // somebody pressed a key at the console

    const std::vector<std::int64_t>& toStore() const { return attempts_; }

  private:
    void notInTheFuture(std::int64_t now);

    std::vector<std::int64_t> attempts_;  // oldest first
};

}  // namespace pcg::pairing
