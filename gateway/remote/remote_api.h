// SPDX-License-Identifier: Apache-2.0
// What the tenant may ask of the gateway itself, over the tunnel: a small JSON API beside the one
// on the control socket (docs/protocol/remote.md).
//
// Default deny: RemoteGate decides, and every request is a line of the audit with who asked and
// what became of it. While the data center paused all access nothing is done, and what runs when it
// does is cut. Endpoints that its policy speaks of by name keep name and address: what a name means
// is not for this side to say. At most kMaxRunning requests at once. Loop thread; the parts outlive
// it.
#pragma once

#include "common/http/router.h"
#include "gateway/endpoints/endpoint_directory.h"
#include "gateway/policy/policy_keeper.h"
#include "gateway/remote/remote_commands.h"
#include "gateway/remote/remote_gate.h"

#include <map>
#include <set>

namespace pcg::gateway {

// An endpoint as the control plane learns of it.
InventoryItem inventoryItem(const EndpointView& view);

class RemoteApi {
  public:
    static constexpr std::size_t kMaxRunning = 16;

    struct Parts {
        const Clock& clock;
        StateStore& state;
        EndpointDirectory& endpoints;
        proxy::EndpointService& service;
        AuditTrail& audit;
        RemoteGate& gate;
        const PolicyKeeper& policy;
    };

    explicit RemoteApi(Parts parts);

    // Answers in every case.
    net::Task<void> serve(http::Exchange& exchange);

    // Breaks off what runs; whoever pauses tells the PolicyKeeper first.
    void cut(const Error& why);

    const http::Router& router() const { return router_; }

  private:
    struct Reply {
        int status = 200;
        codec::json::Object body;
    };

    using Params = http::RouteParams;
    using Method = net::Task<Result<Reply>> (RemoteApi::*)(http::Exchange&, const Params&);

    enum class Needs { Nothing, Endpoints, Keys };

    void add(std::string method, std::string pattern, std::string what, Needs needs, Method run);
    net::Task<void> run(http::Exchange& exchange,
                        const Params& params,
                        std::string what,
                        Needs needs,
                        Method method);
    Result<> allowed(Needs needs) const;
    net::Task<Result<codec::json::Object>> readJson(http::Exchange& exchange, Needs needs) const;

    net::Task<Result<Reply>> listEndpoints(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> addEndpoint(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> updateEndpoint(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> removeEndpoint(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> checkEndpoint(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> approveCertificate(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> listKeys(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> mintKey(http::Exchange& exchange, const Params& params);
    net::Task<Result<Reply>> revokeKey(http::Exchange& exchange, const Params& params);

    Result<EndpointView> find(const Params& params) const;
    bool mayCheck(const wire::EndpointId& id);
    Result<EndpointCredentials> credentialsFor(const remote::SealedBox& box,
                                               std::string_view name,
                                               std::string_view kind,
                                               const wire::EndpointAddress& address) const;
    // gateway.not_allowed if the policy in force speaks of the endpoint.
    Result<> requireUnnamed(std::string_view endpoint) const;

    // The same if such an endpoint other than `self` is at this address.
    Result<> requireUnnamedAt(const std::string& url, const wire::EndpointId* self) const;
    Result<EndpointChange> changeOf(remote::UpdateEndpoint asked, const EndpointView& view) const;

    Parts parts_;
    http::Router router_;
    std::set<http::Exchange*> running_;
    std::map<wire::EndpointId, SteadyTime> checks_;  // those of a moment ago
};

}  // namespace pcg::gateway
