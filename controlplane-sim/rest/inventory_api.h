// SPDX-License-Identifier: Apache-2.0
// /gateways/{id}/endpoints/{endpoint_id}/inventory: what there is at an endpoint, seen through the
// gateway; and the access key that the orchestrator goes there with.
#pragma once

#include "controlplane-sim/deploy_service.h"
#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

class InventoryApi {
  public:
    InventoryApi(Services services, DeployService& deploy) : services_(services), deploy_(deploy) {}

    void addTo(ApiRoutes& routes);

  private:
    struct Place {
        wire::GatewayId gateway;
        wire::EndpointId endpoint;
        std::string kind;  // of the endpoint
    };

    net::Task<Checked<Place>> placeOf(Call& call);
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> getKey(Call& call);
    net::Task<Checked<Reply>> putKey(Call& call);
    net::Task<Checked<Reply>> deleteKey(Call& call);

    Services services_;
    DeployService& deploy_;
};

}  // namespace pcg::controlplane::rest
