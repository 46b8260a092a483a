// SPDX-License-Identifier: Apache-2.0
// Everything that leaves for the control plane and the bus leaves from here: makes the dialers, all
// with the same route, and knows who was found to inspect TLS on the way.
//
// Loop thread; the dialers keep what they need of it alive.
#pragma once

#include "common/net/dialer.h"
#include "gateway/egress_config.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace pcg::gateway {

// By target: "pair.example.com:443".
using Interceptions = std::map<std::string, net::Interception>;

// Who makes connections outside: this process, or pcg-egress for it.
std::shared_ptr<net::Route> outsideOf(const EgressConfig& config);

class WayOut {
  public:
    // `outside` makes the connections. Reads the files that the configuration names; blocking.
    // config.bad_value. `changed` is called
    // when somebody was found to inspect, or not to any more.
    static Result<WayOut> create(const EgressConfig& config,
                                 std::shared_ptr<net::Route> outside,
                                 std::function<void(const Interceptions&)> changed = {});

    // For renewals and the bus: only the control plane's own authority will do.
    std::shared_ptr<net::Dialer> strictDialer(net::TlsClientContext context) const;

    // Until there are papers: a box that inspects may read along if the configuration allows it.
    // What is said then is safe from it (docs/protocol/pairing.md).
    std::shared_ptr<net::Dialer> pairingDialer(net::TlsClientContext context) const;

    net::Way wayTo(const net::Target& target) const { return route_->wayTo(target); }

    const Interceptions& interceptions() const { return watch_->seen; }

  private:
    struct Watch {
        Interceptions seen;
        std::function<void(const Interceptions&)> changed;
    };

    WayOut(std::shared_ptr<net::Route> route, std::function<void(const Interceptions&)> changed);

    net::Inspection watching() const;

    std::shared_ptr<net::Route> route_;
    std::shared_ptr<Watch> watch_;
    std::optional<net::TlsClientContext> allowed_;
};

}  // namespace pcg::gateway
