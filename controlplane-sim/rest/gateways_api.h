// SPDX-License-Identifier: Apache-2.0
// /gateways: the tenant's gateways, stored and live.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/rest/services.h"
#include "controlplane-sim/tenancy/gateways.h"

namespace pcg::controlplane::rest {

// The gateway that a route's {id} names; 404 with the same words for a foreign and an absent one.
net::Task<Checked<Gateway>> findGateway(Services services,
                                        TenantScope scope,
                                        http::RouteParams params);

class GatewaysApi {
  public:
    GatewaysApi(Services services, const LiveGateways& live, Lifecycle& lifecycle)
        : services_(services), live_(live), lifecycle_(lifecycle) {}

    void addTo(ApiRoutes& routes);

  private:
    struct Filter {
        std::string text;   // in the name or the id, without regard to ASCII case
        std::string state;  // empty: any
        std::string kind;   // likewise
    };

    struct Page {
        std::vector<Gateway> gateways;
        std::optional<std::string> next;
    };

    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> get(Call& call);
    net::Task<Checked<Reply>> rename(Call& call);
    net::Task<Checked<Reply>> release(Call& call);
    net::Task<Checked<Reply>> recover(Call& call);
    static Checked<Filter> filterOf(const Call& call);
    net::Task<Checked<Page>> collect(TenantScope scope, Filter filter, PageQuery page);
    net::Task<Checked<Page>> collectLive(TenantScope scope, Filter filter, PageQuery query);
    codec::json::Object describe(const Gateway& gateway, const TenantScope& scope) const;
    // The whole of one gateway, with what its endpoints say.
    net::Task<Checked<Reply>> replyWith(Gateway gateway, TenantScope scope);

    Services services_;
    const LiveGateways& live_;
    Lifecycle& lifecycle_;
};

}  // namespace pcg::controlplane::rest
