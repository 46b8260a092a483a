// SPDX-License-Identifier: Apache-2.0
// The REST API as a whole: every group of resources on one set of routes.
// docs/api/controlplane.openapi.yaml describes it, and a test compares the two in both directions.
// Loop thread; it must outlive the router.
#pragma once

#include "controlplane-sim/rest/account_api.h"
#include "controlplane-sim/rest/deployments_api.h"
#include "controlplane-sim/rest/endpoints_api.h"
#include "controlplane-sim/rest/gateways_api.h"
#include "controlplane-sim/rest/inventory_api.h"
#include "controlplane-sim/rest/tenants_api.h"

#include <memory>
#include <string>

namespace pcg::controlplane {

class Api {
  public:
    struct Parts {
        store::Worker& store;
        store::Envelope& envelope;  // used on the storage thread only
        const Clock& clock;
        Random& random;
        const LiveGateways& live;
        Lifecycle& lifecycle;
        DeployService& deploy;
        std::string publicHost;
        std::string ingressHost;
    };

    Api(Parts parts, const Authenticator& authenticator);

    void addTo(http::Router& router);

  private:
    rest::ApiRoutes::Parts rules_;
    rest::Idempotency idempotency_;
    rest::Passwords passwords_;
    std::unique_ptr<rest::ApiRoutes> routes_;
    rest::AccountApi account_;
    rest::TenantsApi tenants_;
    rest::GatewaysApi gateways_;
    rest::EndpointsApi endpoints_;
    rest::DeploymentsApi deployments_;
    rest::InventoryApi inventory_;
};

}  // namespace pcg::controlplane
