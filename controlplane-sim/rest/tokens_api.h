// SPDX-License-Identifier: Apache-2.0
// /tokens: API tokens. Everybody sees, makes and deletes their own; an admin sees and deletes all
// of the tenant's. A token is shown once.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/services.h"
#include "controlplane-sim/tenancy/tokens.h"

namespace pcg::controlplane::rest {

class TokensApi {
  public:
    explicit TokensApi(Services services) : services_(services) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> create(Call& call);
    net::Task<Checked<Reply>> remove(Call& call);

    Services services_;
};

}  // namespace pcg::controlplane::rest
