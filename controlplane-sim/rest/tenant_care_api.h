// SPDX-License-Identifier: Apache-2.0
// What the platform's operator does to a tenant as a whole, without seeing anything of it: another
// key, or its removal.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/services.h"
#include "controlplane-sim/tenant_care.h"

namespace pcg::controlplane::rest {

class TenantCareApi {
  public:
    TenantCareApi(Services services, TenantCare& care) : services_(services), care_(care) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> rotateKey(Call& call);
    net::Task<Checked<Reply>> remove(Call& call);
    net::Task<Checked<Tenant>> find(http::RouteParams params);

    Services services_;
    TenantCare& care_;
};

}  // namespace pcg::controlplane::rest
