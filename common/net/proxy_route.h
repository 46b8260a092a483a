// SPDX-License-Identifier: Apache-2.0
// The way through an HTTP proxy (CONNECT), but for the hosts that are excepted.
//
// What it yields is a stream to the target itself: TLS with the target is made inside it by the
// Dialer, so the proxy sees where we go, and nothing else. To a proxy with TLS the credentials and
// the target's name are hidden from the network, too; its octets pass a pair of sockets inside this
// process. Immutable; loop thread.
#pragma once

#include "common/base/secret.h"
#include "common/net/dialer.h"
#include "common/net/proxy_answer.h"
#include "common/net/proxy_settings.h"

#include <optional>

namespace pcg::net {

struct ProxySettings {
    ProxyAddress address;
    Secret authorization = {};  // value of Proxy-Authorization; empty: none is sent
    ProxyExceptions exceptions = {};
    std::optional<TlsClientContext> tls = {};  // whom to trust as the proxy; with https:// only
};

class ProxyRoute final : public Route {
  public:
    // `below` makes the connections: to the proxy, and to what is excepted.
    explicit ProxyRoute(ProxySettings settings,
                        std::shared_ptr<Route> below = std::make_shared<DirectRoute>())
        : settings_(std::move(settings)), below_(std::move(below)) {}

    // net.proxy_*, each with the remedy; for excepted hosts as `below`.
    Task<Result<TcpSocket>> connect(Target target, std::chrono::milliseconds limit) override;

    Way wayTo(const Target& target) const override;

  private:
    using Time = std::chrono::steady_clock::time_point;

    Task<Result<TcpSocket>> throughTcp(TcpSocket socket, Target target, Time end);
    Task<Result<TcpSocket>> throughTls(TcpSocket socket, Target target, Time end);
    Task<Result<>> askOverTcp(TcpSocket& socket, Target target);
    Task<Result<std::string>> askOverTls(TlsStream& stream, Target target);
    Result<> judge(const ProxyAnswer& answer, const Target& target) const;
    Error silent(const Target& target) const;
    Error hungUp(const boost::system::error_code& error) const;

    ProxySettings settings_;
    std::shared_ptr<Route> below_;
};

}  // namespace pcg::net
