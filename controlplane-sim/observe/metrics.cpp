// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/metrics.h"

#include <algorithm>
#include <cmath>

namespace pcg::controlplane {
namespace {

constexpr double kFirstCellMs = 0.25;

double upperMs(std::size_t cell) {
    return kFirstCellMs * std::pow(2.0, static_cast<double>(cell) / 2);
}

}  // namespace

std::int64_t minuteOf(WallTime time) { return toUnixMilliseconds(time) / 60'000; }

void Histogram::add(std::chrono::microseconds duration) {
    const auto ms = static_cast<double>(duration.count()) / 1000;
    std::size_t cell = 0;
    if (ms > kFirstCellMs) {
        cell = std::min(kCells - 1,
                        static_cast<std::size_t>(std::ceil(2 * std::log2(ms / kFirstCellMs))));
    }
    ++cells_[cell];
}

void Histogram::add(const Histogram& other) {
    for (std::size_t i = 0; i < kCells; ++i) cells_[i] += other.cells_[i];
}

// The middle of the cell where it lies, which is at most 19 % from the truth.
std::optional<double> Histogram::quantileMs(double part) const {
    std::uint64_t all = 0;
    for (const auto count : cells_) all += count;
    if (all == 0) return std::nullopt;
    const auto wanted = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(all))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kCells; ++i) {
        seen += cells_[i];
        if (seen >= wanted) return upperMs(i) / std::pow(2.0, 0.25);
    }
    return upperMs(kCells - 1);
}

void Metrics::record(const wire::EndpointId& endpoint, const CallSample& sample, WallTime now) {
    auto& series = endpoints_[endpoint];
    const auto number = minuteOf(now);
    // A clock that was set back must not disturb the order: what is newest goes on being used.
    if (series.empty() || series.back().number < number) {
        series.push_back({});
        series.back().number = number;
        ++minutes_;
    }
    auto& minute = series.back();
    ++minute.calls;
    minute.errors += sample.isError ? 1 : 0;
    minute.bytesUp += sample.bytesUp;
    minute.bytesDown += sample.bytesDown;
    minute.latency.add(sample.duration);
    while (series.front().number + kMinutesKept <= number) {
        series.pop_front();
        --minutes_;
    }
    shrink();
}

void Metrics::restore(const wire::EndpointId& endpoint, const Minute& minute) {
    auto& series = endpoints_[endpoint];
    if (!series.empty() && series.back().number >= minute.number) return;
    series.push_back(minute);
    ++minutes_;
    shrink();
}

// A minute that goes on after it was kept, because the clock was set back, is not kept again.
std::vector<std::pair<wire::EndpointId, Minute>> Metrics::unkept(std::int64_t last) const {
    std::vector<std::pair<wire::EndpointId, Minute>> found;
    for (const auto& [endpoint, series] : endpoints_) {
        for (auto minute = series.rbegin(); minute != series.rend(); ++minute) {
            if (minute->number <= keptUntil_) break;
            if (minute->number <= last) found.emplace_back(endpoint, *minute);
        }
    }
    return found;
}

void Metrics::forget(const wire::EndpointId& endpoint) {
    const auto found = endpoints_.find(endpoint);
    if (found == endpoints_.end()) return;
    minutes_ -= found->second.size();
    endpoints_.erase(found);
}

void Metrics::shrink() {
    if (minutes_ <= mostMinutes_) return;
    const auto oldest =
        std::min_element(endpoints_.begin(), endpoints_.end(), [](const auto& a, const auto& b) {
            return a.second.front().number < b.second.front().number;
        });
    oldest->second.pop_front();
    --minutes_;
    if (oldest->second.empty()) endpoints_.erase(oldest);
}

std::vector<MetricsPoint> Metrics::series(const wire::EndpointId& endpoint,
                                          WallTime now,
                                          std::int64_t stepMinutes,
                                          std::size_t points) const {
    std::vector<MetricsPoint> series(points);
    const auto found = endpoints_.find(endpoint);
    if (found == endpoints_.end()) return series;
    std::vector<Histogram> latencies(points);
    const auto first =
        (minuteOf(now) / stepMinutes - static_cast<std::int64_t>(points) + 1) * stepMinutes;
    for (const auto& minute : found->second) {
        if (minute.number < first) continue;
        const auto at = static_cast<std::size_t>((minute.number - first) / stepMinutes);
        if (at >= points) continue;
        series[at].calls += minute.calls;
        series[at].errors += minute.errors;
        series[at].bytesUp += minute.bytesUp;
        series[at].bytesDown += minute.bytesDown;
        latencies[at].add(minute.latency);
    }
    for (std::size_t i = 0; i < points; ++i) {
        series[i].p50Ms = latencies[i].quantileMs(0.5);
        series[i].p99Ms = latencies[i].quantileMs(0.99);
    }
    return series;
}

}  // namespace pcg::controlplane
