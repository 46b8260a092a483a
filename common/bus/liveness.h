// SPDX-License-Identifier: Apache-2.0
// Is the other end still there? A pure judgement from counters, asked about once a second.
//
// cnats sends a PING every 5 s, so a broker that lives sends at least a PONG as often. Silence
// beyond the limit means half-open, with one exception: while a backlog is being acknowledged, our
// PING may still stand behind megabytes on a thin uplink, and progress of the acknowledgements is
// the sign of life.
#pragma once

#include <chrono>
#include <cstdint>

namespace pcg::bus {

class Liveness {
  public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr std::uint64_t kBacklog = 64 * 1024;

    Liveness(std::chrono::milliseconds silenceLimit, Time now)
        : limit_(silenceLimit), lastSign_(now) {}

    struct Counters {
        std::uint64_t received = 0;      // octets from the broker, ever
        std::uint64_t acknowledged = 0;  // octets that its host acknowledged, ever
        std::uint64_t underWay = 0;      // octets accepted from us and not yet acknowledged
    };

    // False: half-open.
    bool alive(const Counters& counters, Time now) {
        const bool heard = counters.received != last_.received;
        const bool draining =
            counters.underWay > kBacklog && counters.acknowledged > last_.acknowledged;
        if (heard || draining) lastSign_ = now;
        last_ = counters;
        return now - lastSign_ <= limit_;
    }

    std::chrono::milliseconds silence(Time now) const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - lastSign_);
    }

  private:
    std::chrono::milliseconds limit_;
    Time lastSign_;
    Counters last_;
};

}  // namespace pcg::bus
