// SPDX-License-Identifier: Apache-2.0
// /gateways/{id}/endpoints and their access keys: what a gateway proxies, where its clients
// connect, and its administration from the tenant's side.
//
// The gateway owns endpoints and keys; changes are asked of it over the tunnel, and its data center
// may refuse them. What it answers is passed on. Credentials pass sealed to the gateway and are
// neither kept nor logged.
#pragma once

#include "controlplane-sim/endpoints/gateway_calls.h"
#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/rest/services.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <string>

namespace pcg::controlplane::rest {

class EndpointsApi {
  public:
    struct Names {
        std::string publicHost;   // endpoints' names on the shared listener are below it
        std::string ingressHost;  // in the ingress URLs: a name or address in the certificate
    };

    EndpointsApi(Services services, Names names, const LiveGateways& live, GatewayCalls& gateways)
        : services_(services), names_(std::move(names)), live_(live), gateways_(gateways) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> get(Call& call);
    net::Task<Checked<Reply>> create(Call& call);
    net::Task<Checked<Reply>> update(Call& call);
    net::Task<Checked<Reply>> remove(Call& call);
    net::Task<Checked<Reply>> check(Call& call);
    net::Task<Checked<Reply>> approve(Call& call);
    net::Task<Checked<Reply>> listKeys(Call& call);
    net::Task<Checked<Reply>> createKey(Call& call);
    net::Task<Checked<Reply>> revokeKey(Call& call);

    net::Task<Checked<std::vector<Endpoint>>> stored(TenantScope scope, wire::GatewayId gateway);
    net::Task<Checked<Endpoint>> find(TenantScope scope, http::RouteParams params);
    net::Task<Checked<GatewayAnswer>> ask(const Call& call,
                                          wire::GatewayId gateway,
                                          std::string method,
                                          std::string target,
                                          codec::json::Object body);
    // Asks about one endpoint; the answer is the endpoint as it is then.
    net::Task<Checked<Reply>> askOne(Call& call,
                                     std::string method,
                                     std::string behind,
                                     codec::json::Object body);
    codec::json::Object describe(const Endpoint& endpoint,
                                 const std::optional<LiveEndpoint>& live) const;
    Reply replyWith(int status,
                    const Endpoint& endpoint,
                    const std::optional<LiveEndpoint>& live) const;
    static Etag storedTag(const Endpoint& endpoint, const std::optional<LiveEndpoint>& live);

    Services services_;
    Names names_;
    const LiveGateways& live_;
    GatewayCalls& gateways_;
};

}  // namespace pcg::controlplane::rest
