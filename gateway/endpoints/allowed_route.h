// SPDX-License-Identifier: Apache-2.0
// The way to endpoints when whoever runs the gateway has said in which networks they may lie.
//
// The name is resolved once and exactly these addresses are connected to, so that an answer that
// changes between the check and the connection changes nothing. A name with addresses inside and
// outside is reached at those inside. Loop thread.
#pragma once

#include "common/net/dialer.h"
#include "common/net/network.h"

namespace pcg::gateway {

class AllowedRoute final : public net::Route {
  public:
    AllowedRoute(std::vector<net::Network> networks, std::shared_ptr<net::Route> below)
        : networks_(std::move(networks)), below_(std::move(below)) {}

    // gateway.not_allowed; else as `below`, which makes the connections.
    net::Task<Result<net::TcpSocket>> connect(net::Target target,
                                              std::chrono::milliseconds limit) override;

    net::Way wayTo(const net::Target&) const override {
        return {true, "direct", "endpoints are reached directly"};
    }

  private:
    bool isAllowed(const net::asio::ip::address& address) const;

    std::vector<net::Network> networks_;
    std::shared_ptr<net::Route> below_;
};

// `below` itself when there are none.
std::shared_ptr<net::Route> routeTo(const std::vector<net::Network>& networks,
                                    std::shared_ptr<net::Route> below);

}  // namespace pcg::gateway
