// SPDX-License-Identifier: Apache-2.0
// Pauses of the real clock. Loop thread only.
#pragma once

#include "controlplane-sim/deploy/orchestrator.h"

namespace pcg::controlplane::deploy {

class TimerPauses final : public Pauses {
  public:
    net::Task<void> pause(DeploymentKey key, std::chrono::milliseconds duration) override {
        auto timer =
            std::make_shared<net::Timer>(co_await net::asio::this_coro::executor, duration);
        const auto entry = waiting_.emplace(std::move(key), timer);
        co_await timer->async_wait(net::kAwaitTuple);
        waiting_.erase(entry);
    }

    void cutShort(const DeploymentKey& key) override {
        const auto [first, last] = waiting_.equal_range(key);
        for (auto entry = first; entry != last; ++entry) entry->second->cancel();
    }

    void cutAll() override {
        for (auto& [key, timer] : waiting_) timer->cancel();
    }

  private:
    std::multimap<DeploymentKey, std::shared_ptr<net::Timer>> waiting_;
};

}  // namespace pcg::controlplane::deploy
