// SPDX-License-Identifier: Apache-2.0
// The only place for a mutex: a value that can be reached through its lock and not otherwise.
// Never hold it across I/O or a callback.
#pragma once

#include <mutex>
#include <utility>

namespace pcg {

template <class T>
class Synchronized {
  public:
    Synchronized() = default;

    explicit Synchronized(T value) : value_(std::move(value)) {}

    template <class Function>
    auto withLock(Function&& function) {
        const std::scoped_lock lock(mutex_);
        return std::forward<Function>(function)(value_);
    }

    template <class Function>
    auto withLock(Function&& function) const {
        const std::scoped_lock lock(mutex_);
        return std::forward<Function>(function)(std::as_const(value_));
    }

  private:
    mutable std::mutex mutex_;
    T value_{};
};

}  // namespace pcg
