// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/state.h"

#include "common/crypto/digest.h"

#include <algorithm>

namespace pcg::proxy::maas {

Nonces::Taken Nonces::take(std::string_view key,
                           std::string_view nonce,
                           std::int64_t expires,
                           std::int64_t now) {
    while (!by_expiry_.empty() && by_expiry_.begin()->first < now) {
        known_.erase(by_expiry_.begin()->second);
        by_expiry_.erase(by_expiry_.begin());
    }
    const auto digest = crypto::Sha256().update(key).update("\n").update(nonce).finish();
    Mark mark{};
    std::copy_n(digest.begin(), mark.size(), mark.begin());
    if (known_.contains(mark)) return Taken::Used;
    if (known_.size() >= kMost) return Taken::Full;
    known_.insert(mark);
    by_expiry_.emplace(expires, mark);
    return Taken::Fresh;
}

struct Turnstile::Waiter {
    explicit Waiter(net::Executor executor, std::chrono::milliseconds patience)
        : timer(executor, patience) {}

    net::Timer timer;
    bool admitted = false;
};

net::Task<bool> Turnstile::enter(std::chrono::milliseconds patience) {
    if (inside_ < kAtOnce) {
        ++inside_;
        co_return true;
    }
    if (line_.size() >= kMostWaiting) co_return false;
    const auto executor = co_await net::asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor, patience);
    line_.push_back(waiter);
    co_await waiter->timer.async_wait(net::kAwaitTuple);
    if (!waiter->admitted) std::erase(line_, waiter);
    co_return waiter->admitted;
}

void Turnstile::leave() {
    if (line_.empty()) {
        --inside_;
        return;
    }
    // The place goes to whoever waited longest.
    line_.front()->admitted = true;
    line_.front()->timer.cancel();
    line_.pop_front();
}

}  // namespace pcg::proxy::maas
