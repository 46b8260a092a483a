// SPDX-License-Identifier: Apache-2.0
// "So many a second, and so many at once", per key: a token bucket. Memory is bounded: full buckets
// are forgotten, and when there are too many keys the one that was quiet the longest is. Loop
// thread.
#pragma once

#include "common/base/clock.h"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

namespace pcg::controlplane::rest {

class RateLimit {
  public:
    struct Rate {
        double perSecond;
        double burst;
    };

    explicit RateLimit(Rate rate, std::size_t maxKeys = 10'000) : rate_(rate), maxKeys_(maxKeys) {}

    // Nothing: taken. Otherwise when it is worth asking again; nothing was taken.
    std::optional<std::chrono::milliseconds> take(const std::string& key, SteadyTime now);

    // Like take(), without taking.
    std::optional<std::chrono::milliseconds> wait(const std::string& key, SteadyTime now) const;

    // What was taken turned out to be none.
    void giveBack(const std::string& key);

    std::size_t keys() const { return buckets_.size(); }

  private:
    struct Bucket {
        double tokens;
        SteadyTime at;
    };

    double tokensAt(const Bucket& bucket, SteadyTime now) const;
    std::chrono::milliseconds until(double tokens) const;
    void makeRoom(SteadyTime now);

    Rate rate_;
    std::size_t maxKeys_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace pcg::controlplane::rest
