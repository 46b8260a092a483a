// SPDX-License-Identifier: Apache-2.0
// A client of an endpoint inside the gateway: requests that go through the very door that a
// tenant's clients come through, so that access keys, roles, the policy, its windows and switches,
// sessions, leases and the audit apply to uploads without a line of their own.
//
// Loop thread only. Octets are handed over, not queued: a writer waits until the proxy has read
// them. The service outlives the calls.
#pragma once

#include "common/base/random.h"
#include "common/http/client.h"
#include "vcenter-proxy/endpoint_service.h"

#include <memory>
#include <string>

namespace pcg::gateway::upload {

class LocalCaller final : public http::Caller {
  public:
    // `peer`: who asks, for the audit: "upload up_...".
    LocalCaller(net::Loop& loop,
                proxy::EndpointService& service,
                Random& random,
                wire::EndpointId endpoint,
                std::string peer)
        : loop_(loop),
          service_(service),
          random_(random),
          endpoint_(std::move(endpoint)),
          peer_(std::move(peer)) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override;

  private:
    net::Loop& loop_;
    proxy::EndpointService& service_;
    Random& random_;
    wire::EndpointId endpoint_;
    std::string peer_;
};

}  // namespace pcg::gateway::upload
