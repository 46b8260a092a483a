// SPDX-License-Identifier: Apache-2.0
// /tenants: what the platform's operator sees and does. Nothing of a tenant's data is here.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/passwords.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

class TenantsApi {
  public:
    // The envelope is used on the storage thread only.
    TenantsApi(Services services,
               store::Envelope& envelope,
               Passwords& passwords,
               Lifecycle& lifecycle)
        : services_(services), envelope_(envelope), passwords_(passwords), lifecycle_(lifecycle) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> create(Call& call);
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> get(Call& call);
    net::Task<Checked<Reply>> remove(Call& call);

    Services services_;
    store::Envelope& envelope_;
    Passwords& passwords_;
    Lifecycle& lifecycle_;
};

}  // namespace pcg::controlplane::rest
