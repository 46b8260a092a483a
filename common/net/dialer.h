// SPDX-License-Identifier: Apache-2.0
// The one way out: pairing, renewal and the bus all leave through a Dialer, so that a proxy, a CA
// or a pin works for all of them or for none. Loop thread only; every step has a deadline.
//
// A Route makes the stream of octets to the target: directly, or through a proxy (ProxyRoute). TLS
// with SNI and verification is done here, on whatever the route yields. (WebSocket wraps the
// secured stream: websocket.h.)
#pragma once

#include "common/net/connect.h"
#include "common/net/tls_context.h"

#include <functional>
#include <memory>
#include <optional>

namespace pcg::net {

// For status pages: how a target is reached, and why so.
struct Way {
    bool direct = true;
    std::string text;  // "direct", "through the proxy http://10.0.0.1:3128"
    std::string why;
};

class Route {
  public:
    virtual ~Route() = default;

    virtual Task<Result<TcpSocket>> connect(Target target, std::chrono::milliseconds limit) = 0;

    virtual Way wayTo(const Target& target) const = 0;
};

class DirectRoute final : public Route {
  public:
    Task<Result<TcpSocket>> connect(Target target, std::chrono::milliseconds limit) override;

    Way wayTo(const Target&) const override { return {true, "direct", "no proxy is configured"}; }
};

// What was shown in place of the end whose authority we know.
struct Interception {
    std::string target;        // "pair.example.com:443": what is to be allowed without inspection
    std::string issuer;        // who signed what was shown
    std::string issuerSha256;  // of the issuer's certificate, hex; empty if it was not shown
    std::string shownSha256;   // of the certificate itself, hex

    friend bool operator==(const Interception&, const Interception&) = default;
};

// For ends whose authority is known beforehand: a certificate of another authority means that
// something between inspects TLS. It is said as net.tls_intercepted.
struct Inspection {
    std::function<void(const Interception&)> onIntercepted = {};
    std::function<void(const Target&)> onGenuine = {};
    // open() then also takes what these authorities sign; secure() never does.
    std::optional<TlsClientContext> accepted = {};
};

struct TlsConnection {
    std::unique_ptr<TlsStream> stream;
    std::string peer;        // "bus.example.com:4222 (203.0.113.7)"
    std::string session;     // "TLSv1.3 TLS_AES_256_GCM_SHA384"
    bool inspected = false;  // by somebody whom Inspection::accepted trusts
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

    Dialer(TlsClientContext context,
           std::shared_ptr<Route> route,
           Limits limits,
           std::optional<Inspection> inspection = std::nullopt)
        : context_(std::move(context)),
          route_(std::move(route)),
          limits_(limits),
          inspection_(std::move(inspection)) {}

    // connect, then secure.
    Task<Result<TlsConnection>> open(Target target);

    // The two halves, for a protocol that says something in clear first (the NATS INFO).
    Task<Result<TcpSocket>> connect(Target target);
    Task<Result<TlsConnection>> secure(TcpSocket socket, Target target);

    const Limits& limits() const { return limits_; }

    Way wayTo(const Target& target) const { return route_->wayTo(target); }

  private:
    Task<Result<TlsConnection>> shakeHands(TcpSocket socket,
                                           Target target,
                                           const TlsClientContext& context);
    Error judge(TlsStream& stream, const Target& target, Error error) const;

    TlsClientContext context_;
    std::shared_ptr<Route> route_;
    Limits limits_;
    std::optional<Inspection> inspection_;
};

}  // namespace pcg::net
