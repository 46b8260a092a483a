// SPDX-License-Identifier: Apache-2.0
#include "common/process/watchdog.h"

namespace pcg::process {

net::Task<void> feedWatchdog(net::Loop& loop, const ServiceManager& manager) {
    constexpr int kTimesInTheLimit = 3;
    net::Timer timer(loop);
    while (manager.watchdog()) {
        manager.alive();
        timer.expires_after(*manager.watchdog() / kTimesInTheLimit);
        const auto [error] = co_await timer.async_wait(net::kAwaitTuple);
        if (error) co_return;
    }
}

}  // namespace pcg::process
