// SPDX-License-Identifier: Apache-2.0
// A clock that moves when the test says so. Both clocks move together unless the wall clock is
// stepped.
#pragma once

#include "common/base/clock.h"

namespace pcg::test {

class FakeClock final : public Clock {
  public:
    SteadyTime now() const override { return steady_; }

    WallTime wallNow() const override { return wall_; }

    void advance(std::chrono::nanoseconds by) {
        steady_ += std::chrono::duration_cast<SteadyTime::duration>(by);
        wall_ += std::chrono::duration_cast<WallTime::duration>(by);
    }

    // As if somebody set the time of day; the steady clock does not notice.
    void stepWall(std::chrono::nanoseconds by) {
        wall_ += std::chrono::duration_cast<WallTime::duration>(by);
    }

    void setWall(WallTime time) { wall_ = time; }

  private:
    SteadyTime steady_{std::chrono::hours(1)};
    WallTime wall_ = fromUnixMilliseconds(1'795'300'000'000);  // 2026-11-21
};

}  // namespace pcg::test
