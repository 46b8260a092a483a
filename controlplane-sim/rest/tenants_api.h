// SPDX-License-Identifier: Apache-2.0
// /tenants: what the platform's operator sees and does. Nothing of a tenant's data is here.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/passwords.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

// As every answer shows a tenant.
codec::json::Object describe(const Tenant& tenant);

class TenantsApi {
  public:
    TenantsApi(Services services, Passwords& passwords, Lifecycle& lifecycle)
        : services_(services), passwords_(passwords), lifecycle_(lifecycle) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> create(Call& call);
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> get(Call& call);

    Services services_;
    Passwords& passwords_;
    Lifecycle& lifecycle_;
};

}  // namespace pcg::controlplane::rest
