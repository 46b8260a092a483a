// SPDX-License-Identifier: Apache-2.0
// Exponential back-off with full jitter: each wait is uniform in [0, min(cap, base * 2^attempt)].
// Never gives up. Full jitter spreads a fleet that lost its server in the same instant.
#pragma once

#include "common/base/random.h"

#include <algorithm>
#include <chrono>

namespace pcg {

class Backoff {
  public:
    Backoff(std::chrono::milliseconds base, std::chrono::milliseconds cap, Random& random)
        : base_(base), cap_(cap), random_(random) {}

    std::chrono::milliseconds next() {
        const auto ceiling =
            std::min<std::int64_t>(cap_.count(), base_.count() << std::min(attempt_, 20));
        attempt_ = std::min(attempt_ + 1, 20);
        return std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(ceiling) + 1));
    }

    void reset() { attempt_ = 0; }

  private:
    std::chrono::milliseconds base_;
    std::chrono::milliseconds cap_;
    Random& random_;
    int attempt_ = 0;
};

}  // namespace pcg
