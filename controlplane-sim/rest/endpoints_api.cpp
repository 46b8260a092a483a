// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/endpoints_api.h"

#include "controlplane-sim/rest/gateways_api.h"

namespace pcg::controlplane::rest {

namespace json = codec::json;

void EndpointsApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/gateways/{id}/endpoints", Who::Auditor}, this, &EndpointsApi::list);
}

net::Task<Checked<Reply>> EndpointsApi::list(Call& call) {
    PCG_CO_TRY(const auto gateway, co_await findGateway(services_, call.scope(), call.params()));
    auto work = [scope = call.scope(), id = gateway.id](store::Database& database) {
        return Gateways(database).endpoints(scope, id);
    };
    PCG_CO_TRY(const auto endpoints, co_await services_.store.run(std::move(work)));
    json::Array items;
    for (const auto& endpoint : endpoints) items.push_back(describe(endpoint));
    co_return Reply{200, pageBody(std::move(items), std::nullopt), std::nullopt};
}

json::Object EndpointsApi::describe(const Endpoint& endpoint) const {
    json::Object object;
    object.set("id", endpoint.id.text())
        .set("name", endpoint.name)
        .set("kind", endpoint.kind)
        .set("state", endpoint.state)
        .set("why", endpoint.why)
        .set("ingress_host", endpoint.id.text().substr(3) + ".ingress." + names_.publicHost);
    if (endpoint.ingressPort) {
        object.set("ingress_url",
                   "https://" + names_.ingressHost + ":" + std::to_string(*endpoint.ingressPort));
    }
    return object;
}

}  // namespace pcg::controlplane::rest
