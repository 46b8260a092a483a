// SPDX-License-Identifier: Apache-2.0
// Repeatable octets: the same seed gives the same run. For tests only; SplitMix64 (Steele, Lea,
// Flood 2014). From any thread, like the real one; repeatable only where one thread asks.
#pragma once

#include "common/base/random.h"

#include <atomic>

namespace pcg::test {

class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed = 1) : state_(seed) {}

    void fill(MutableBytes bytes) override {
        std::uint64_t word = 0;
        std::size_t left = 0;
        for (auto& octet : bytes) {
            if (left == 0) {
                word = step();
                left = 8;
            }
            octet = static_cast<std::uint8_t>(word);
            word >>= 8;
            --left;
        }
    }

  private:
    std::uint64_t step() {
        constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = state_.fetch_add(kGamma) + kGamma;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    std::atomic<std::uint64_t> state_;
};

}  // namespace pcg::test
