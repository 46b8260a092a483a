// SPDX-License-Identifier: Apache-2.0
// The way to hosts that leases name, over the route that endpoints are reached by.
//
// A first handshake, in which nothing is sent, shows the host's certificate; if its SHA-1 is the
// lease's thumbprint, calls are made over connections pinned to the SHA-256 of exactly this one.
// Loop thread; `loop` and what the route needs outlive it.
#pragma once

#include "common/net/dialer.h"
#include "vcenter-proxy/host_dialer.h"

namespace pcg::proxy {

class PinnedHosts final : public HostDialer {
  public:
    enum class Reach {
        Anywhere,  // wherever the route goes: somebody has said in which networks that is
        Outside    // not to the gateway itself (loopback), nor to link-local addresses (metadata)
    };

    PinnedHosts(net::Loop& loop, std::shared_ptr<net::Route> route, Reach reach);

    // errc::kBadLease for another certificate or an address that is out of reach; net.* else.
    net::Task<Result<std::shared_ptr<http::Caller>>> callerTo(LeaseHost host) override;

  private:
    net::Loop& loop_;
    std::shared_ptr<net::Route> route_;
};

}  // namespace pcg::proxy
