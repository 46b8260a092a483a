// SPDX-License-Identifier: Apache-2.0
// The REST API as a whole: every group of resources on one set of routes.
// docs/api/controlplane.openapi.yaml describes it, and a test compares the two in both directions.
// Loop thread; it must outlive the router.
#pragma once

#include "controlplane-sim/rest/audit_api.h"
#include "controlplane-sim/rest/deployments_api.h"
#include "controlplane-sim/rest/endpoints_api.h"
#include "controlplane-sim/rest/events_api.h"
#include "controlplane-sim/rest/gateways_api.h"
#include "controlplane-sim/rest/inventory_api.h"
#include "controlplane-sim/rest/metrics_api.h"
#include "controlplane-sim/rest/sessions_api.h"
#include "controlplane-sim/rest/system_gateways_api.h"
#include "controlplane-sim/rest/tenant_care_api.h"
#include "controlplane-sim/rest/tenants_api.h"
#include "controlplane-sim/rest/tokens_api.h"
#include "controlplane-sim/rest/uploads_api.h"
#include "controlplane-sim/rest/users_api.h"

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
        GatewayCalls& gatewayCalls;
        DeployService& deploy;
        std::string publicHost;
        std::string ingressHost;
        AuditSink& audit;
        EventHub& events;
        UploadWatch& uploads;
        const Metrics& metrics;
        TenantCare& care;
        SystemGatewayCare& systemGateways;
    };

    Api(Parts parts, const Authenticator& authenticator);

    void addTo(http::Router& router);

  private:
    static net::Task<rest::Checked<>> document(rest::Call& call);

    rest::ApiRoutes::Parts rules_;
    rest::Idempotency idempotency_;
    rest::Passwords passwords_;
    std::unique_ptr<rest::ApiRoutes> routes_;
    rest::SessionsApi sessions_;
    rest::UsersApi users_;
    rest::TokensApi tokens_;
    rest::TenantsApi tenants_;
    rest::GatewaysApi gateways_;
    rest::EndpointsApi endpoints_;
    rest::DeploymentsApi deployments_;
    rest::InventoryApi inventory_;
    rest::AuditApi audit_;
    rest::EventsApi events_;
    rest::UploadsApi uploads_;
    rest::MetricsApi metrics_;
    rest::TenantCareApi care_;
    rest::SystemGatewaysApi systemGateways_;
};

}  // namespace pcg::controlplane
