// SPDX-License-Identifier: Apache-2.0
// The one way out: pairing, renewal and the bus all leave through a Dialer, so that a proxy, a CA
// or a pin works for all of them or for none. Loop thread only; every step has a deadline.
//
// A Route makes the stream of octets to the target: directly now; HTTP CONNECT is another Route.
// (WebSocket wraps the secured stream and belongs behind secure(), not here.) TLS with SNI and
// verification is done here, on whatever the route yields.
#pragma once

#include "common/net/connect.h"
#include "common/net/tls_context.h"

#include <memory>

namespace pcg::net {

class Route {
  public:
    virtual ~Route() = default;

    virtual Task<Result<TcpSocket>> connect(Target target, std::chrono::milliseconds limit) = 0;

    // For status pages: "direct", "proxy http://10.0.0.1:3128".
    virtual std::string describe() const = 0;
};

class DirectRoute final : public Route {
  public:
    Task<Result<TcpSocket>> connect(Target target, std::chrono::milliseconds limit) override;

    std::string describe() const override { return "direct"; }
};

struct TlsConnection {
    std::unique_ptr<TlsStream> stream;
    std::string peer;     // "bus.example.com:4222 (203.0.113.7)"
    std::string session;  // "TLSv1.3 TLS_AES_256_GCM_SHA384"
};

class Dialer {
  public:
    struct Limits {
        std::chrono::milliseconds connect{10'000};
        std::chrono::milliseconds handshake{10'000};
    };

    explicit Dialer(TlsClientContext context,
                    std::shared_ptr<Route> route = std::make_shared<DirectRoute>())
        : Dialer(std::move(context), std::move(route), Limits{}) {}

    Dialer(TlsClientContext context, std::shared_ptr<Route> route, Limits limits)
        : context_(std::move(context)), route_(std::move(route)), limits_(limits) {}

    // connect, then secure.
    Task<Result<TlsConnection>> open(Target target);

    // The two halves, for a protocol that says something in clear first (the NATS INFO).
    Task<Result<TcpSocket>> connect(Target target);
    Task<Result<TlsConnection>> secure(TcpSocket socket, Target target);

    const Limits& limits() const { return limits_; }

    std::string describeRoute() const { return route_->describe(); }

  private:
    TlsClientContext context_;
    std::shared_ptr<Route> route_;
    Limits limits_;
};

}  // namespace pcg::net
