// SPDX-License-Identifier: Apache-2.0
// "At most n in so long", per key. Memory is bounded: keys that were quiet for a whole window are
// forgotten, and beyond `maxKeys` new keys are refused. Steady time; not thread-safe.
#pragma once

#include "common/base/clock.h"

#include <deque>
#include <string>
#include <unordered_map>

namespace pcg::controlplane {

class Quota {
  public:
    Quota(std::size_t count, std::chrono::milliseconds window, std::size_t maxKeys = 100'000)
        : count_(count), window_(window), maxKeys_(maxKeys) {}

    // True and counted, or false and not counted.
    bool take(const std::string& key, SteadyTime now) {
        if (exhausted(key, now)) return false;
        if (uses_.size() >= maxKeys_) forgetQuiet(now);
        if (uses_.size() >= maxKeys_) return false;
        uses_[key].push_back(now);
        return true;
    }

    bool exhausted(const std::string& key, SteadyTime now) {
        const auto found = uses_.find(key);
        if (found == uses_.end()) return false;
        auto& times = found->second;
        while (!times.empty() && now - times.front() >= window_) times.pop_front();
        return times.size() >= count_;
    }

    std::chrono::milliseconds window() const { return window_; }

  private:
    void forgetQuiet(SteadyTime now) {
        std::erase_if(uses_, [&](const auto& entry) {
            return entry.second.empty() || now - entry.second.back() >= window_;
        });
    }

    std::size_t count_;
    std::chrono::milliseconds window_;
    std::size_t maxKeys_;
    std::unordered_map<std::string, std::deque<SteadyTime>> uses_;
};

}  // namespace pcg::controlplane
