// SPDX-License-Identifier: Apache-2.0
// The gateways that the platform runs for tenants: offered to one, withdrawn, looked at. The
// operator sees whether they run, and nothing of what tenants do with them.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/system_gateway_care.h"

namespace pcg::controlplane::rest {

class SystemGatewaysApi {
  public:
    explicit SystemGatewaysApi(SystemGatewayCare& care) : care_(care) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> get(Call& call);
    net::Task<Checked<Reply>> offer(Call& call);
    net::Task<Checked<Reply>> withdraw(Call& call);

    SystemGatewayCare& care_;
};

}  // namespace pcg::controlplane::rest
