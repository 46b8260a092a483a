// SPDX-License-Identifier: Apache-2.0
#include "common/net/loop_monitor.h"

#include <algorithm>

namespace pcg::net {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

}  // namespace

struct LoopMonitor::State : std::enable_shared_from_this<State> {
    State(Loop& loop, milliseconds every) : timer(loop.get_executor()), period(every) {}

    void wait() {
        due = SteadyClock::now() + period;
        timer.expires_at(due);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->stopped) return;
            self->longest = std::max(self->longest, self->lateness());
            self->wait();
        });
    }

    milliseconds lateness() const {
        return std::max(milliseconds(0),
                        std::chrono::duration_cast<milliseconds>(SteadyClock::now() - due));
    }

    Timer timer;
    milliseconds period;
    SteadyClock::time_point due;
    milliseconds longest{0};
    bool stopped = false;
};

LoopMonitor::LoopMonitor(Loop& loop, milliseconds period)
    : state_(std::make_shared<State>(loop, period)) {
    state_->wait();
}

LoopMonitor::~LoopMonitor() {
    state_->stopped = true;
    state_->timer.cancel();
}

milliseconds LoopMonitor::longestGap() const {
    return std::max(state_->longest, state_->lateness());
}

void LoopMonitor::reset() {
    state_->longest = milliseconds(0);
    state_->due = std::max(state_->due, SteadyClock::now());
}

}  // namespace pcg::net
