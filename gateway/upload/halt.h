// SPDX-License-Identifier: Apache-2.0
// How a running upload is ended from outside, at whatever it is: cancelled, cut by a switch of the
// data center's, or because the gateway stops. Loop thread; outlives what it watches.
#pragma once

#include "common/http/client.h"

#include <chrono>
#include <optional>
#include <set>

namespace pcg::gateway::upload {

class Halt {
  public:
    explicit Halt(const net::Executor& executor) : timer_(executor) {}

    // The first one counts.
    void now(const Error& why) {
        if (why_) return;
        why_ = why;
        timer_.cancel();
        const auto calls = calls_;  // whoever is cancelled may leave
        for (auto* call : calls) {
            if (calls_.contains(call)) call->cancel();
        }
    }

    const std::optional<Error>& why() const { return why_; }

    // A call that ends with it, until it is forgotten.
    void watch(http::Call& call) {
        calls_.insert(&call);
        if (why_) call.cancel();
    }

    void forget(http::Call& call) { calls_.erase(&call); }

    // Shorter when it is ended.
    net::Task<void> pause(std::chrono::milliseconds duration) {
        if (why_) co_return;
        timer_.expires_after(duration);
        co_await timer_.async_wait(net::kAwaitTuple);
    }

  private:
    net::Timer timer_;
    std::set<http::Call*> calls_;
    std::optional<Error> why_;
};

// Watches a call for as long as it is there.
class Watched {
  public:
    Watched(Halt& halt, http::Call& call) : halt_(halt), call_(call) { halt_.watch(call_); }

    ~Watched() { halt_.forget(call_); }

    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

  private:
    Halt& halt_;
    http::Call& call_;
};

}  // namespace pcg::gateway::upload
