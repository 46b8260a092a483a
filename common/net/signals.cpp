// SPDX-License-Identifier: Apache-2.0
#include "common/net/signals.h"

#include <boost/asio/basic_signal_set.hpp>

#include <csignal>

#include <unistd.h>

namespace pcg::net {

struct StopSignals::State : std::enable_shared_from_this<State> {
    State(Loop& loop, std::function<void(int)> callback)
        : signals(loop.get_executor(), SIGTERM, SIGINT), onStop(std::move(callback)) {}

    void wait() {
        signals.async_wait(
            [self = shared_from_this()](const boost::system::error_code& error, int signal) {
                if (error) return;
                if (!self->onStop) ::_exit(128 + signal);
                const auto callback = std::exchange(self->onStop, nullptr);
                self->wait();
                callback(signal);
            });
    }

    asio::basic_signal_set<Executor> signals;
    std::function<void(int)> onStop;
};

StopSignals::StopSignals(Loop& loop, std::function<void(int)> onStop)
    : state_(std::make_shared<State>(loop, std::move(onStop))) {
    std::signal(SIGPIPE, SIG_IGN);
    state_->wait();
}

StopSignals::~StopSignals() {
    boost::system::error_code ignored;
    state_->signals.cancel(ignored);
}

}  // namespace pcg::net
