// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace pcg::controlplane::rest {

double RateLimit::tokensAt(const Bucket& bucket, SteadyTime now) const {
    const std::chrono::duration<double> passed = now - bucket.at;
    return std::min(rate_.burst, bucket.tokens + passed.count() * rate_.perSecond);
}

std::chrono::milliseconds RateLimit::until(double tokens) const {
    const auto missing = (1.0 - tokens) / rate_.perSecond * 1000.0;
    return std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(std::ceil(missing))));
}

std::optional<std::chrono::milliseconds> RateLimit::wait(const std::string& key,
                                                         SteadyTime now) const {
    const auto found = buckets_.find(key);
    if (found == buckets_.end()) return std::nullopt;
    const auto tokens = tokensAt(found->second, now);
    if (tokens >= 1.0) return std::nullopt;
    return until(tokens);
}

std::optional<std::chrono::milliseconds> RateLimit::take(const std::string& key, SteadyTime now) {
    auto found = buckets_.find(key);
    if (found == buckets_.end()) {
        if (buckets_.size() >= maxKeys_) makeRoom(now);
        found = buckets_.emplace(key, Bucket{rate_.burst, now}).first;
    }
    auto& bucket = found->second;
    bucket.tokens = tokensAt(bucket, now);
    bucket.at = now;
    if (bucket.tokens < 1.0) return until(bucket.tokens);
    bucket.tokens -= 1.0;
    return std::nullopt;
}

void RateLimit::giveBack(const std::string& key) {
    const auto found = buckets_.find(key);
    if (found != buckets_.end())
        found->second.tokens = std::min(rate_.burst, found->second.tokens + 1.0);
}

void RateLimit::makeRoom(SteadyTime now) {
    std::erase_if(buckets_,
                  [&](const auto& entry) { return tokensAt(entry.second, now) >= rate_.burst; });
    if (buckets_.size() < maxKeys_) return;
    const auto quietest =
        std::min_element(buckets_.begin(), buckets_.end(), [](const auto& a, const auto& b) {
            return a.second.at < b.second.at;
        });
    buckets_.erase(quietest);
}

}  // namespace pcg::controlplane::rest
