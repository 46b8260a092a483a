// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/account_api.h"

namespace pcg::controlplane::rest {

namespace json = codec::json;

void AccountApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/me", Who::Auditor}, this, &AccountApi::me);
}

net::Task<Checked<Reply>> AccountApi::me(Call& call) {
    const auto& who = call.who();
    Reply reply;
    reply.body.set("tenant",
                   json::Object().set("id", who.scope.tenant().text()).set("name", who.tenantName));
    reply.body.set("username", who.username).set("role", roleName(who.role));
    co_return reply;
}

}  // namespace pcg::controlplane::rest
