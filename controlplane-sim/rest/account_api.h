// SPDX-License-Identifier: Apache-2.0
// /me: who asks.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

class AccountApi {
  public:
    explicit AccountApi(Services services) : services_(services) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> me(Call& call);

    Services services_;
};

}  // namespace pcg::controlplane::rest
