// SPDX-License-Identifier: Apache-2.0
// /gateways/{id}/timeline, /metrics and /audit-heads: what became of a gateway, how the calls
// through it go, and how far its own audit went.
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
    net::Task<Checked<Reply>> auditHeads(Call& call);

    Services services_;
    const Metrics& metrics_;
};

}  // namespace pcg::controlplane::rest
