// SPDX-License-Identifier: Apache-2.0
// SIGTERM and SIGINT as an event on the loop; SIGPIPE ignored. The second signal ends the process
// at once, so that a stop that hangs can be cut short by hand.
#pragma once

#include "common/net/asio.h"

#include <functional>
#include <memory>

namespace pcg::net {

class StopSignals {
  public:
    // `onStop(signal)` runs once on the loop. Destroying the object restores nothing and stops
    // listening.
    StopSignals(Loop& loop, std::function<void(int)> onStop);
    ~StopSignals();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace pcg::net
