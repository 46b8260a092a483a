// SPDX-License-Identifier: Apache-2.0
// Messages of one kind from one sender: a few are dealt with at once, then one in so long; of the
// others the latest is held, unread, and replaces what was held before. So what is dealt with last
// is what was said last, and reading costs no more than the pace allows, whatever is sent. Steady
// time; loop thread.
#pragma once

#include "common/base/bytes.h"
#include "common/base/clock.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace pcg::controlplane {

class Paced {
  public:
    Paced(double atOnce, std::chrono::milliseconds each)
        : atOnce_(atOnce), each_(each), tokens_(atOnce) {}

    // True: deal with it now. False: it is held.
    bool take(BytesView payload, SteadyTime now) {
        if (!takes(now)) {
            if (payload.size() <= kMaxHeld) held_.emplace(payload.begin(), payload.end());
            return false;
        }
        held_.reset();
        return true;
    }

    // True: deal with it now. False: it is to be left out.
    bool takes(SteadyTime now) {
        const std::chrono::duration<double> passed = now - at_;
        tokens_ = std::min(atOnce_, tokens_ + passed / each_);
        at_ = now;
        if (tokens_ < 1.0) return false;
        tokens_ -= 1.0;
        return true;
    }

    // What is held, when its time has come.
    std::optional<Bytes> due(SteadyTime now) {
        if (!held_ || !takes(now)) return std::nullopt;
        return std::exchange(held_, std::nullopt);
    }

  private:
    static constexpr ByteCount kMaxHeld = 256_KiB;  // longer ones would not be taken

    double atOnce_;
    std::chrono::duration<double> each_;
    double tokens_;
    SteadyTime at_{};
    std::optional<Bytes> held_;
};

}  // namespace pcg::controlplane
