// SPDX-License-Identifier: Apache-2.0
// Messages of one kind from one sender: a few are dealt with at once, then one in so long; of the
// others the latest is held, unread, and replaces what was held before. So what is dealt with last
// is what was said last, and reading costs no more than the pace allows, whatever is sent: long
// messages count for several. Steady time; loop thread.
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
        if (!takes(now, costOf(payload))) {
            if (payload.size() <= kMaxHeld) held_.emplace(payload.begin(), payload.end());
            return false;
        }
        held_.reset();
        return true;
    }

    // True: deal with it now. False: it is to be left out.
    bool takes(SteadyTime now, double cost = 1.0) {
        const std::chrono::duration<double> passed = now - at_;
        tokens_ = std::min(atOnce_, tokens_ + passed / each_);
        at_ = now;
        if (tokens_ < cost) return false;
        tokens_ -= cost;
        return true;
    }

    // What is held, when its time has come.
    std::optional<Bytes> due(SteadyTime now) {
        if (!held_ || !takes(now, costOf(*held_))) return std::nullopt;
        return std::exchange(held_, std::nullopt);
    }

  private:
    double costOf(BytesView payload) const {
        return std::min(atOnce_, 1.0 + static_cast<double>(payload.size() / kCounted));
    }

    static constexpr ByteCount kCounted = 16_KiB;
    static constexpr ByteCount kMaxHeld = 256_KiB;  // longer ones would not be taken

    double atOnce_;
    std::chrono::duration<double> each_;
    double tokens_;
    SteadyTime at_{};
    std::optional<Bytes> held_;
};

}  // namespace pcg::controlplane
