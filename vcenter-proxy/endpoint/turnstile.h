// SPDX-License-Identifier: Apache-2.0
// At most so many at once; others wait in line, for a while. Loop thread only.
#pragma once

#include "common/net/asio.h"

#include <chrono>
#include <deque>
#include <memory>

namespace pcg::proxy {

class Turnstile {
  public:
    static constexpr std::size_t kMostWaiting = 512;

    explicit Turnstile(std::size_t at_once) : at_once_(at_once) {}

    // False: nobody left in time, or the line is too long. Who got true calls leave().
    net::Task<bool> enter(std::chrono::milliseconds patience);
    void leave();

    // From now on so many at once; whoever is inside stays.
    void limit(std::size_t at_once);

    std::size_t inside() const { return inside_; }

  private:
    struct Waiter;

    void admitWaiting();

    std::size_t at_once_;
    std::size_t inside_ = 0;
    std::deque<std::shared_ptr<Waiter>> line_;
};

}  // namespace pcg::proxy
