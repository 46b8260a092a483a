// SPDX-License-Identifier: Apache-2.0
// The tenants' and the platform operator's REST API; docs/api/controlplane.openapi.yaml describes
// it, and a test compares the two in both directions. Errors are RFC 9457 problems. Loop thread.
#pragma once

#include "common/base/random.h"
#include "common/codec/json.h"
#include "common/http/router.h"
#include "controlplane-sim/rest/authenticator.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <functional>
#include <string>

namespace pcg::controlplane {

class Api {
  public:
    struct Parts {
        store::Worker& store;
        const Clock& clock;
        Random& random;
        const LiveGateways& live;
        Lifecycle& lifecycle;
        std::string publicHost;   // endpoints' names on the shared listener are below it
        std::string ingressHost;  // in the ingress URLs: a name or address in the certificate
    };

    Api(Parts parts, const Authenticator& authenticator)
        : parts_(parts), authenticator_(authenticator) {}

    // The API must outlive the router.
    void addTo(http::Router& router);

  private:
    struct Reply {
        int status = 200;
        codec::json::Object body;
    };

    using Params = http::RouteParams;
    using TenantMethod = net::Task<Result<Reply>> (Api::*)(http::Exchange&,
                                                           const Params&,
                                                           const Authenticated&);
    using OperatorMethod = net::Task<Result<Reply>> (Api::*)(http::Exchange&, const Params&);

    http::RouteHandler asTenant(TenantMethod method);
    http::RouteHandler asOperator(OperatorMethod method);
    net::Task<void> serveTenant(http::Exchange& exchange,
                                const Params& params,
                                TenantMethod method);
    net::Task<void> serveOperator(http::Exchange& exchange,
                                  const Params& params,
                                  OperatorMethod method);
    static net::Task<void> answer(http::Exchange& exchange, Result<Reply> reply);

    net::Task<Result<Reply>> createTenant(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> listTenants(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> me(http::Exchange& exchange,
                                const Params& params,
                                const Authenticated& who);
    net::Task<Result<Reply>> listGateways(http::Exchange& exchange,
                                          const Params& params,
                                          const Authenticated& who);
    net::Task<Result<Reply>> getGateway(http::Exchange& exchange,
                                        const Params& params,
                                        const Authenticated& who);
    net::Task<Result<Reply>> deleteGateway(http::Exchange& exchange,
                                           const Params& params,
                                           const Authenticated& who);
    net::Task<Result<Reply>> recoverGateway(http::Exchange& exchange,
                                            const Params& params,
                                            const Authenticated& who);
    net::Task<Result<Reply>> listEndpoints(http::Exchange& exchange,
                                           const Params& params,
                                           const Authenticated& who);

    net::Task<Result<Gateway>> findGateway(TenantScope scope, const Params& params);
    codec::json::Object describe(const Gateway& gateway, const TenantScope& scope) const;
    codec::json::Object describe(const Endpoint& endpoint) const;

    Parts parts_;
    const Authenticator& authenticator_;
};

}  // namespace pcg::controlplane
