// SPDX-License-Identifier: Apache-2.0
// Where unmodified clients of a private cloud connect: one TLS listener for each endpoint, so that
// an address alone names it, and one shared listener where the host name does.
//
// Knows nothing of tenants or buses: a route has a Caller that leads to its endpoint. Loop thread
// only. Await stop() before destroying it.
#pragma once

#include "common/http/client.h"
#include "common/http/server.h"
#include "common/wire/ids.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace pcg::controlplane {

struct IngressRoute {
    wire::EndpointId endpoint;
    std::string hostname;  // lower case; on the shared listener
    std::shared_ptr<http::Caller> caller;
    // Hears of what is not let in at the endpoint's own port; may be empty.
    std::function<void(const Error&)> refused = {};
};

struct IngressOptions {
    std::string address = "127.0.0.1";
    std::uint16_t sharedPort = 0;                      // 0 takes a free one
    std::shared_ptr<const net::TlsServerContext> tls;  // null for plain, in tests
    http::ServerLimits limits;
};

class Ingress {
  public:
    static Result<std::unique_ptr<Ingress>> create(net::Loop& loop, IngressOptions options);
    ~Ingress();
    Ingress(const Ingress&) = delete;
    Ingress& operator=(const Ingress&) = delete;

    // Opens the endpoint's listener and returns its port; 0 takes a free one, another one is an
    // endpoint's port of an earlier run, which clients have in their configuration. An endpoint
    // that is known gets the new route.
    Result<std::uint16_t> add(IngressRoute route, std::uint16_t port = 0);

    // Connections to it are cut.
    void remove(const wire::EndpointId& endpoint);

    std::uint16_t sharedPort() const;

    // Connections from now on are greeted with this.
    void useTls(std::shared_ptr<const net::TlsServerContext> tls);

    // Running exchanges may end within `drain`.
    net::Task<void> stop(std::chrono::milliseconds drain);

  private:
    class Core;

    explicit Ingress(std::shared_ptr<Core> core);

    std::shared_ptr<Core> core_;
};

}  // namespace pcg::controlplane
