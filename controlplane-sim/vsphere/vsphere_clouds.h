// SPDX-License-Identifier: Apache-2.0
// The orchestrator's way to the endpoints: a VSphereCloud on the endpoint's session.
#pragma once

#include "controlplane-sim/vsphere/session_pool.h"
#include "controlplane-sim/vsphere/vsphere_cloud.h"

namespace pcg::controlplane::vsphere {

class VSphereClouds final : public deploy::CloudSource {
  public:
    explicit VSphereClouds(SessionPool& sessions) : sessions_(sessions) {}

    net::Task<Result<std::shared_ptr<deploy::Cloud>>> open(TenantScope scope,
                                                           wire::GatewayId gateway,
                                                           wire::EndpointId endpoint) override {
        auto session = co_await sessions_.open(
            std::move(scope), std::move(gateway), std::move(endpoint), deploy::Minting::Allowed);
        if (!session) co_return fail(std::move(session).error());
        Client client(std::move(*session));
        std::shared_ptr<deploy::Cloud> cloud = std::make_shared<VSphereCloud>(std::move(client));
        co_return cloud;
    }

  private:
    SessionPool& sessions_;
};

}  // namespace pcg::controlplane::vsphere
