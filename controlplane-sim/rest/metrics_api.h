// SPDX-License-Identifier: Apache-2.0
// /gateways/{id}/timeline and /gateways/{id}/metrics: what became of a gateway, and how the calls
// through it go.
#pragma once

#include "controlplane-sim/observe/metrics.h"
#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

class MetricsApi {
  public:
    MetricsApi(Services services, const Metrics& metrics)
        : services_(services), metrics_(metrics) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> timeline(Call& call);
    net::Task<Checked<Reply>> metrics(Call& call);

    Services services_;
    const Metrics& metrics_;
};

}  // namespace pcg::controlplane::rest
