// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/turnstile.h"

#include <algorithm>

namespace pcg::proxy {

struct Turnstile::Waiter {
    explicit Waiter(net::Executor executor, std::chrono::milliseconds patience)
        : timer(executor, patience) {}

    net::Timer timer;
    bool admitted = false;
};

net::Task<bool> Turnstile::enter(std::chrono::milliseconds patience) {
    if (inside_ < at_once_) {
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
    --inside_;
    admitWaiting();
}

void Turnstile::limit(std::size_t at_once) {
    at_once_ = at_once;
    admitWaiting();
}

// A place goes to whoever waited longest.
void Turnstile::admitWaiting() {
    while (!line_.empty() && inside_ < at_once_) {
        ++inside_;
        line_.front()->admitted = true;
        line_.front()->timer.cancel();
        line_.pop_front();
    }
}

}  // namespace pcg::proxy
