// SPDX-License-Identifier: Apache-2.0
// The part of the control API that is about policy and the switches: pcgctl policy ..., pause,
// resume. Loop thread.
#pragma once

#include "common/codec/json.h"
#include "common/http/router.h"
#include "gateway/endpoints/endpoint_directory.h"
#include "gateway/policy/policy_keeper.h"
#include "gateway/state/access_keys.h"
#include "vcenter-proxy/machine_watch.h"

namespace pcg::gateway {

class PolicyApi {
  public:
    struct Ports {
        PolicyKeeper& keeper;
        EndpointDirectory& endpoints;
        StateStore& state;
        const Clock& clock;
        proxy::MachineWatch& machines;
    };

    explicit PolicyApi(Ports ports) : ports_(ports) {}

    // The API must outlive the router.
    void addTo(http::Router& router);

    // For the status: what counts now, without the text.
    codec::json::Object summary() const;

  private:
    using Params = http::RouteParams;

    net::Task<void> show(http::Exchange& exchange, const Params& params);
    net::Task<void> set(http::Exchange& exchange, const Params& params);
    net::Task<void> remove(http::Exchange& exchange, const Params& params);
    net::Task<void> setReadOnly(http::Exchange& exchange, const Params& params);
    net::Task<void> setPause(http::Exchange& exchange, const Params& params);
    net::Task<void> setLearning(http::Exchange& exchange, const Params& params);
    net::Task<void> showLearned(http::Exchange& exchange, const Params& params);
    net::Task<void> explain(http::Exchange& exchange, const Params& params);
    net::Task<void> dryRun(http::Exchange& exchange, const Params& params);

    net::Task<Result<codec::json::Object>> explained(codec::json::Object body);
    net::Task<Result<codec::json::Object>> tried(codec::json::Object body);
    net::Task<Result<AccessKeyRecord>> findKey(std::string id);
    net::Task<codec::json::Object> shown();
    net::Task<codec::json::Array> keysWithoutRole();
    codec::json::Array strangers() const;

    Ports ports_;
};

}  // namespace pcg::gateway
