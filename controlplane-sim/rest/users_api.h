// SPDX-License-Identifier: Apache-2.0
// /users: who may sign in to a tenant, and as what. Changes count from the next request on.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/passwords.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

class UsersApi {
  public:
    UsersApi(Services services, Passwords& passwords)
        : services_(services), passwords_(passwords) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> create(Call& call);
    net::Task<Checked<Reply>> get(Call& call);
    net::Task<Checked<Reply>> change(Call& call);
    net::Task<Checked<Reply>> remove(Call& call);
    net::Task<Checked<Reply>> resetPassword(Call& call);

    Services services_;
    Passwords& passwords_;
};

}  // namespace pcg::controlplane::rest
