// SPDX-License-Identifier: Apache-2.0
// Bounds the log lines that a peer can cause by being refused: so many in a while, then none, and
// the first one afterwards says how many were left out. The audit counts them all.
//
// Loop thread only.
#pragma once

#include "common/base/clock.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace pcg::proxy {

class LineBudget {
  public:
    static constexpr unsigned kLines = 20;
    static constexpr std::chrono::seconds kWhile{10};

    explicit LineBudget(const Clock& clock) : clock_(clock) {}

    // How many lines were left out before this one; nothing: leave this one out, too.
    std::optional<std::uint64_t> next() {
        const auto now = clock_.now();
        if (!began_ || now - *began_ >= kWhile) {
            began_ = now;
            written_ = 0;
        }
        if (written_ >= kLines) {
            ++left_out_;
            return std::nullopt;
        }
        ++written_;
        return std::exchange(left_out_, 0);
    }

  private:
    const Clock& clock_;
    std::optional<SteadyTime> began_;
    unsigned written_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace pcg::proxy
