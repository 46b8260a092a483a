// SPDX-License-Identifier: Apache-2.0
// Everything that leaves for the control plane and the bus leaves from here: makes the dialers, all
// with the same route, and knows what was met on the way.
//
// Loop thread; outlives nobody: the dialers keep what they need of it alive.
#pragma once

#include "common/net/dialer.h"
#include "gateway/egress_config.h"

#include <memory>

namespace pcg::gateway {

class WayOut {
  public:
    // Reads the files that the configuration names; blocking. config.bad_value.
    static Result<WayOut> create(const EgressConfig& config);

    // To an end whose authority is known.
    std::shared_ptr<net::Dialer> dialer(net::TlsClientContext context) const;

    net::Way wayTo(const net::Target& target) const { return route_->wayTo(target); }

  private:
    explicit WayOut(std::shared_ptr<net::Route> route) : route_(std::move(route)) {}

    std::shared_ptr<net::Route> route_;
};

}  // namespace pcg::gateway
