// SPDX-License-Identifier: Apache-2.0
// `pcg gateways`: the tenant's gateways, as a table or as the API's JSON.
#pragma once

#include "controlplane-sim/cli/tenant_api.h"

namespace pcg::controlplane::cli {

// The exit code.
net::Task<int> listGateways(TenantApi& api, bool json);

// "gw_...  dc1  online  3 ms  0.1.0", one line a gateway, under a line of titles.
std::string gatewayTable(const codec::json::Object& answer);

}  // namespace pcg::controlplane::cli
