// SPDX-License-Identifier: Apache-2.0
// How the calls of each endpoint went, minute by minute, for a day: counts, errors, bytes, and a
// histogram that gives the median and the 99th percentile to within a fifth.
//
// Memory is bounded: an idle minute takes none, and beyond the bound the oldest minutes of all go
// first. Names are not kept here. Loop thread.
#pragma once

#include "common/base/clock.h"
#include "common/wire/ids.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace pcg::controlplane {

struct CallSample {
    bool isError = false;
    std::chrono::microseconds duration{0};
    std::uint64_t bytesUp = 0;
    std::uint64_t bytesDown = 0;
};

// Cells grow by the square root of two from a quarter of a millisecond; the last has no end.
class Histogram {
  public:
    static constexpr std::size_t kCells = 36;

    void add(std::chrono::microseconds duration);
    void add(const Histogram& other);
    std::optional<double> quantileMs(double part) const;  // nothing when it is empty

    const std::array<std::uint32_t, kCells>& cells() const { return cells_; }

    void setCells(const std::array<std::uint32_t, kCells>& cells) { cells_ = cells; }

  private:
    std::array<std::uint32_t, kCells> cells_{};
};

struct Minute {
    std::int64_t number = 0;  // since 1970
    std::uint32_t calls = 0;
    std::uint32_t errors = 0;
    std::uint64_t bytesUp = 0;
    std::uint64_t bytesDown = 0;
    Histogram latency;
};

std::int64_t minuteOf(WallTime time);

struct MetricsPoint {
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
    std::uint64_t bytesUp = 0;
    std::uint64_t bytesDown = 0;
    std::optional<double> p50Ms;
    std::optional<double> p99Ms;
};

class Metrics {
  public:
    static constexpr std::int64_t kMinutesKept = 24 * 60;

    explicit Metrics(std::size_t mostMinutes = 100'000) : mostMinutes_(mostMinutes) {}

    void record(const wire::EndpointId& endpoint, const CallSample& sample, WallTime now);
    void forget(const wire::EndpointId& endpoint);

    // `points` steps of `stepMinutes`, the last one holds `now`. Empty steps are zero.
    std::vector<MetricsPoint> series(const wire::EndpointId& endpoint,
                                     WallTime now,
                                     std::int64_t stepMinutes,
                                     std::size_t points) const;

    // A minute of before this program began; the oldest first. Ignored when a newer one is there.
    void restore(const wire::EndpointId& endpoint, const Minute& minute);

    // What changed up to this minute and was not kept yet; keptUntil() when it is.
    std::vector<std::pair<wire::EndpointId, Minute>> unkept(std::int64_t last) const;

    void keptUntil(std::int64_t last) { keptUntil_ = std::max(keptUntil_, last); }

    std::size_t minutes() const { return minutes_; }

  private:
    void shrink();

    std::size_t mostMinutes_;
    std::size_t minutes_ = 0;
    std::int64_t keptUntil_ = 0;
    std::map<wire::EndpointId, std::deque<Minute>> endpoints_;  // the oldest first
};

}  // namespace pcg::controlplane
