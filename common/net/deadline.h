// SPDX-License-Identifier: Apache-2.0
// Bounds on waiting. Loop thread only; durations are steady time.
#pragma once

#include "common/base/result.h"
#include "common/net/asio.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace pcg::net {

// Calls `onExpiry` once unless destroyed first. Typical: close the socket, so that the pending
// operation ends.
class Deadline {
  public:
    Deadline(Executor executor, std::chrono::milliseconds after, std::function<void()> onExpiry)
        : state_(std::make_shared<State>(executor, std::move(onExpiry))) {
        state_->timer.expires_after(after);
        state_->timer.async_wait([state = state_](const boost::system::error_code& error) {
            if (error || state->cancelled) return;
            state->expired = true;
            state->onExpiry();
        });
    }

    ~Deadline() {
        state_->cancelled = true;
        state_->timer.cancel();
    }

    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    bool expired() const { return state_->expired; }

  private:
    struct State {
        State(Executor executor, std::function<void()> callback)
            : timer(executor), onExpiry(std::move(callback)) {}

        Timer timer;
        std::function<void()> onExpiry;
        bool expired = false;
        bool cancelled = false;
    };

    std::shared_ptr<State> state_;
};

namespace detail {

template <class T>
Task<void> keepResult(Task<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
}

}  // namespace detail

// Runs the task; after `limit` its pending operation is cancelled (Asio cancellation, so it must
// suspend in Asio operations only) and nothing is returned. An exception of the task also yields
// nothing.
template <class T>
Task<std::optional<T>> withTimeout(Task<T> task, std::chrono::milliseconds limit) {
    const auto executor = co_await asio::this_coro::executor;
    std::optional<T> result;
    auto signal = std::make_shared<asio::cancellation_signal>();
    Deadline deadline(
        executor, limit, [signal] { signal->emit(asio::cancellation_type::terminal); });
    Task<void> child = detail::keepResult(std::move(task), result);
    auto token = asio::bind_cancellation_slot(signal->slot(), kAwaitTuple);
    co_await asio::co_spawn(executor, std::move(child), token);
    if (deadline.expired()) result.reset();
    co_return result;
}

// Waits; false if it was cut short by cancellation.
inline Task<bool> sleepFor(std::chrono::milliseconds duration) {
    Timer timer(co_await asio::this_coro::executor);
    timer.expires_after(duration);
    const auto [error] = co_await timer.async_wait(kAwaitTuple);
    co_return !error;
}

}  // namespace pcg::net
