// SPDX-License-Identifier: Apache-2.0
// The answering end of the tunnel: every stream that an ingress opens becomes an http::Exchange for
// a handler.
//
// A handler that throws or returns without an answer gives a 500; one that returns before its
// answer is complete aborts it. Await stop() before destroying what the handler refers to. Loop
// thread only; no thread of its own.
#pragma once

#include "common/bus/bus.h"
#include "common/http/exchange.h"
#include "common/stream/types.h"
#include "common/stream/window_pool.h"
#include "common/wire/http_head.h"
#include "common/wire/ids.h"

#include <functional>
#include <memory>

namespace pcg::tunnel {

// What an exchange over the bus has beyond HTTP.
struct StreamInfo {
    wire::EndpointId endpoint;
    wire::RequestId requestId;
    wire::Surface surface;
};

// `info` lives as long as the exchange.
using StreamHandler =
    std::function<net::Task<void>(http::Exchange& exchange, const StreamInfo& info)>;

class Acceptor {
  public:
    // `instance` must be new in each run. Bus and pool outlive the acceptor.
    Acceptor(net::Loop& loop,
             bus::Bus& bus,
             const wire::UserNkey& self,
             const wire::InstanceId& instance,
             stream::WindowPool& pool,
             StreamHandler handler,
             stream::Limits limits = {});
    ~Acceptor();
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    Result<> start();

    // Asks for no new streams; those that are on their way are still taken, and all may run on.
    // For an acceptor whose place another has taken; stop() is still to be awaited.
    void retire();

    // Takes no new streams; those that run may end within `drain`, then they are cut. Completes
    // when no handler runs any more.
    net::Task<void> stop(std::chrono::milliseconds drain);

    std::size_t running() const;

  private:
    class Core;
    class TunnelExchange;

    std::shared_ptr<Core> core_;
};

}  // namespace pcg::tunnel
