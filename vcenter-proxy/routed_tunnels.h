// SPDX-License-Identifier: Apache-2.0
// Tunnels over the route that endpoints are reached by: where somebody has said in which networks
// endpoints may lie, tunnels lead into no others. Loop thread.
#pragma once

#include "common/net/dialer.h"
#include "vcenter-proxy/tunnel_dialer.h"

namespace pcg::proxy {

class RoutedTunnels final : public TunnelDialer {
  public:
    explicit RoutedTunnels(std::shared_ptr<net::Route> route) : route_(std::move(route)) {}

    net::Task<Result<std::vector<Address>>> resolve(std::string host,
                                                    std::uint16_t port,
                                                    std::chrono::milliseconds limit) override;

    Result<std::vector<Address>> own() const override;

    net::Task<Result<std::unique_ptr<http::Transport>>> connect(
        Address address, std::uint16_t port, std::chrono::milliseconds limit) override;

  private:
    std::shared_ptr<net::Route> route_;
};

}  // namespace pcg::proxy
