// SPDX-License-Identifier: Apache-2.0
// /deployments: what the bundled orchestrator makes of a specification at an endpoint.
#pragma once

#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/deploy_service.h"
#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

// A domain's error as what a caller is told; names the field that the sentence begins with.
Refusal refusalOf(const Error& error);

class DeploymentsApi {
  public:
    DeploymentsApi(Services services, DeployService& deploy, AuditSink& audit)
        : services_(services), deploy_(deploy), audit_(audit) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> get(Call& call);
    net::Task<Checked<Reply>> create(Call& call);
    net::Task<Checked<Reply>> plan(Call& call);
    net::Task<Checked<Reply>> scale(Call& call);
    net::Task<Checked<Reply>> retry(Call& call);
    net::Task<Checked<Reply>> remove(Call& call);
    net::Task<Checked<Reply>> abandon(Call& call);

    // The deployment after this step, if the request's condition holds; the orchestrator is woken.
    using Step = Result<deploy::Deployment> (deploy::Deployments::*)(const TenantScope&,
                                                                     const deploy::DeploymentId&);
    net::Task<Checked<deploy::Deployment>> take(Call& call, Step step);

    void tellLeftBehind(const Call& call,
                        const deploy::Deployment& deployment,
                        const deploy::Machine& machine);
    net::Task<Checked<>> checkEndpoint(TenantScope scope, const deploy::Spec& spec);

    Services services_;
    DeployService& deploy_;
    AuditSink& audit_;
};

}  // namespace pcg::controlplane::rest
