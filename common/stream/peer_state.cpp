// SPDX-License-Identifier: Apache-2.0
#include "common/stream/peer_state.h"

#include <algorithm>

namespace pcg::stream {
namespace {

constexpr auto kRenewal = std::chrono::minutes(5);

}  // namespace

std::chrono::milliseconds TransitClock::ageOf(std::uint64_t sentMs, SteadyTime now) {
    using std::chrono::milliseconds;
    const auto nowMs = std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count();
    // Unsigned, so that no value a peer may send overflows.
    const auto difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(nowMs) - sentMs);
    if (!current_ || now - currentSince_ > kRenewal) {
        previous_ = current_;
        current_ = difference;
        currentSince_ = now;
    }
    current_ = std::min(*current_, difference);
    const auto least = previous_ ? std::min(*previous_, *current_) : *current_;
    const auto age = static_cast<std::uint64_t>(difference) - static_cast<std::uint64_t>(least);
    constexpr std::uint64_t kCap = 1'000'000'000;
    return milliseconds(static_cast<std::int64_t>(std::min(age, kCap)));
}

}  // namespace pcg::stream
