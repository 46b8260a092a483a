// SPDX-License-Identifier: Apache-2.0
// Keeps the metrics over a restart: what is known of the last day is read at the start, and each
// minute is written when it is over. Numbers only, not sealed; they leave with their endpoint's
// tenant. What cannot be written now is written with the next minute. Loop thread; await start(),
// then stop(), which writes the minute that has begun.
#pragma once

#include "common/http/signal.h"
#include "common/store/worker.h"
#include "controlplane-sim/observe/metrics.h"

#include <string_view>
#include <utility>
#include <vector>

namespace pcg::controlplane {

const std::vector<std::string_view>& metricsSchema();

using MeasuredMinute = std::pair<wire::EndpointId, Minute>;

// Storage thread. Minutes of endpoints that are not there (any more) are left out.
Result<> keepMinutes(store::Database& database, const std::vector<MeasuredMinute>& minutes);
Result<> forgetMinutesBefore(store::Database& database, std::int64_t minute);
// The newest `limit`, the oldest of them first.
Result<std::vector<MeasuredMinute>> keptMinutes(store::Database& database,
                                                std::int64_t from,
                                                std::size_t limit);

class MetricsKeeper {
  public:
    static constexpr std::chrono::seconds kEvery{60};
    static constexpr std::size_t kMostKept = 100'000;

    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const Clock& clock;
        Metrics& metrics;
    };

    explicit MetricsKeeper(Parts parts);

    // An error is of the storage; then there is nothing of before.
    net::Task<Result<>> start();
    net::Task<void> stop();

  private:
    net::Task<void> run();
    net::Task<void> write(WallTime until);

    Parts parts_;
    net::Timer wake_;
    http::Signal ended_;
    bool running_ = false;
    bool stopping_ = false;
};

}  // namespace pcg::controlplane
