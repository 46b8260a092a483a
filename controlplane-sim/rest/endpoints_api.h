// SPDX-License-Identifier: Apache-2.0
// /gateways/{id}/endpoints: what a gateway proxies, and where its clients connect.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/services.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <string>

namespace pcg::controlplane::rest {

class EndpointsApi {
  public:
    struct Names {
        std::string publicHost;   // endpoints' names on the shared listener are below it
        std::string ingressHost;  // in the ingress URLs: a name or address in the certificate
    };

    EndpointsApi(Services services, Names names) : services_(services), names_(std::move(names)) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> list(Call& call);
    codec::json::Object describe(const Endpoint& endpoint) const;

    Services services_;
    Names names_;
};

}  // namespace pcg::controlplane::rest
