// SPDX-License-Identifier: Apache-2.0
// /uploads: objects that a gateway fetches by URL and SHA-256 and pushes to one of its endpoints
// (docs/uploads.md).
//
// The gateway decides, runs and reports them; what it said last is kept here. The secret of an
// access key passes through to the gateway and is neither kept nor logged, and neither is the query
// of a source, which may be a signature.
#pragma once

#include "controlplane-sim/endpoints/gateway_calls.h"
#include "controlplane-sim/observe/upload_watch.h"
#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

class UploadsApi {
  public:
    UploadsApi(Services services, GatewayCalls& gateways, UploadWatch& watch)
        : services_(services), gateways_(gateways), watch_(watch) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<Reply>> get(Call& call);
    net::Task<Checked<Reply>> create(Call& call);
    net::Task<Checked<Reply>> cancel(Call& call);

    net::Task<Checked<Upload>> find(TenantScope scope, wire::UploadId id);
    net::Task<Checked<>> checkEndpoint(TenantScope scope,
                                       wire::GatewayId gateway,
                                       wire::EndpointId endpoint);
    // What the gateway answered is what is known from now on.
    net::Task<Checked<Upload>> settle(TenantScope scope, Upload upload, codec::json::Object answer);
    net::Task<void> forget(TenantScope scope, wire::UploadId id);

    Services services_;
    GatewayCalls& gateways_;
    UploadWatch& watch_;
};

}  // namespace pcg::controlplane::rest
