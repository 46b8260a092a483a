// SPDX-License-Identifier: Apache-2.0
// "Something changed, look again": wakes every coroutine that waits. Loop thread only.
//
// There is no memory in it: check the condition, then wait, then check again.
#pragma once

#include "common/net/asio.h"

#include <chrono>
#include <functional>
#include <memory>

namespace pcg::http {

class Signal {
  public:
    explicit Signal(const net::Executor& executor) : timer_(executor) {
        timer_.expires_at(net::Timer::time_point::max());
    }

    net::Task<void> wait() { co_await timer_.async_wait(net::kAwaitTuple); }

    void notify() { timer_.cancel(); }

  private:
    net::Timer timer_;
};

// One deadline at a time; when it passes, `onExpiry` is called. Arming again moves it.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
  public:
    Watchdog(const net::Executor& executor, std::function<void()> onExpiry)
        : timer_(executor), onExpiry_(std::move(onExpiry)) {}

    void arm(std::chrono::milliseconds after) {
        ++generation_;
        timer_.expires_after(after);
        timer_.async_wait([weak = weak_from_this(), generation = generation_](const auto& error) {
            const auto self = weak.lock();
            if (error || !self || self->generation_ != generation) return;
            self->onExpiry_();
        });
    }

    void disarm() {
        ++generation_;
        timer_.cancel();
    }

  private:
    net::Timer timer_;
    std::function<void()> onExpiry_;
    std::uint64_t generation_ = 0;
};

}  // namespace pcg::http
