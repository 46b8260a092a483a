// SPDX-License-Identifier: Apache-2.0
// The asking end of the tunnel: HTTP calls to endpoints behind gateways, over one tenant's bus.
//
// An error of open() or start() always means that nothing was dispatched; after that
// Call::outcome() says what is known. Destroying a Call before its answer was read cancels it at
// the gateway at once. No coroutine may be inside a Call when it is destroyed. Loop thread only; no
// thread of its own.
#pragma once

#include "common/bus/bus.h"
#include "common/http/client.h"
#include "common/stream/types.h"
#include "common/stream/window_pool.h"
#include "common/wire/http_head.h"
#include "common/wire/ids.h"

#include <memory>

namespace pcg::tunnel {

struct Target {
    wire::UserNkey gateway;
    wire::EndpointId endpoint;
    wire::Surface surface = wire::Surface::Endpoint;
    std::chrono::milliseconds ttl = wire::kDefaultOpenTtl;
};

class Connector {
  public:
    // `instance` must be new in each run, and for each connector on the same bus. Bus and random
    // outlive the connector; calls may outlive it. The loop outlives the calls, the pool lives
    // until the last of them has ended.
    Connector(net::Loop& loop,
              bus::Bus& bus,
              const wire::InstanceId& instance,
              std::shared_ptr<stream::WindowPool> pool,
              Random& random,
              stream::Limits limits = {});

    // The same with a pool that is known to outlive the calls.
    Connector(net::Loop& loop,
              bus::Bus& bus,
              const wire::InstanceId& instance,
              stream::WindowPool& pool,
              Random& random,
              stream::Limits limits = {});
    ~Connector();
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    // Subscribes to what gateways answer. Before the first call.
    Result<> start();

    net::Task<Result<std::unique_ptr<http::Call>>> open(Target target,
                                                        wire::RequestId requestId,
                                                        http::RequestHead head);

    // The same with one target for ever and request ids of its own. May outlive the connector.
    std::unique_ptr<http::Caller> caller(Target target);

    // A gateway came back as another process: what the old one had is lost now, not after the
    // silence limit.
    void gatewayRestarted(const wire::UserNkey& gateway, const wire::InstanceId& oldInstance);

    std::size_t openStreams() const;

  private:
    class Core;
    class TunnelCall;
    class TargetCaller;

    std::shared_ptr<Core> core_;
};

}  // namespace pcg::tunnel
