// SPDX-License-Identifier: Apache-2.0
// Measures the longest time that the loop did not run: the promise is 20 ms. A timer on the loop
// asks to be woken every `period`; how much too late it comes is how long something held the thread
// (or how long the scheduler kept it waiting: on a busy machine take the best of several runs).
// Loop thread only.
#pragma once

#include "common/net/asio.h"

#include <chrono>
#include <memory>

namespace pcg::net {

class LoopMonitor {
  public:
    explicit LoopMonitor(Loop& loop,
                         std::chrono::milliseconds period = std::chrono::milliseconds(2));
    ~LoopMonitor();

    LoopMonitor(const LoopMonitor&) = delete;
    LoopMonitor& operator=(const LoopMonitor&) = delete;

    // The longest lateness since the start or the last reset, including one that is still going on.
    std::chrono::milliseconds longestGap() const;
    void reset();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace pcg::net
