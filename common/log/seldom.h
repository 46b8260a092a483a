// SPDX-License-Identifier: Apache-2.0
// For lines that somebody else can cause at will: a few are written at once, then one in so long,
// and each says how many were left out before it. Steady time; one thread.
#pragma once

#include "common/base/clock.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace pcg::log {

class Seldom {
  public:
    explicit Seldom(std::int64_t atOnce = 10,
                    std::chrono::milliseconds each = std::chrono::seconds(10))
        : atOnce_(atOnce), each_(each), left_(atOnce) {}

    // How many were left out since the last one that was written. Nothing: leave this out, too.
    std::optional<std::uint64_t> pass(SteadyTime now) {
        if (left_ < atOnce_) {
            const auto back = (now - since_) / each_;
            left_ = std::min<std::int64_t>(atOnce_, left_ + back);
            since_ = left_ == atOnce_ ? now : since_ + back * each_;
        } else {
            since_ = now;
        }
        if (left_ == 0) {
            ++omitted_;
            return std::nullopt;
        }
        --left_;
        return std::exchange(omitted_, 0);
    }

  private:
    std::int64_t atOnce_;
    std::chrono::milliseconds each_;
    std::int64_t left_;
    SteadyTime since_{};
    std::uint64_t omitted_ = 0;
};

}  // namespace pcg::log
