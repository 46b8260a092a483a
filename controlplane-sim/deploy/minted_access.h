// SPDX-License-Identifier: Apache-2.0
// An endpoint for which nobody gave the orchestrator an access key: it asks the gateway to make one
// (docs/protocol/remote.md), if the data center lets keys be made from this side.
//
// The key carries a label that is drawn once for each endpoint and kept. Before a key is made,
// whatever carries that label already is revoked: it is one whose answer was lost, or that a crash
// came before keeping. So at most one unused key is left, until the next attempt. Loop thread.
#pragma once

#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/deploy/endpoint_access.h"
#include "controlplane-sim/endpoints/gateway_calls.h"

#include <map>

namespace pcg::controlplane::deploy {

class MintedAccess final : public EndpointAccess {
  public:
    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        Seals& seals;
        EndpointAccess& given;  // answers deploy.no_access_key when there is none
        GatewayCalls& gateways;
        AuditSink& audit;
        const Clock& clock;
        Random& random;
    };

    explicit MintedAccess(Parts parts) : parts_(parts) {}

    // deploy.no_access_key, with what to do, when the data center does not allow it, or there is
    // none and whoever asks may not have one made.
    net::Task<Result<Access>> access(TenantScope scope,
                                     wire::GatewayId gateway,
                                     wire::EndpointId endpoint,
                                     Minting minting) override;

  private:
    struct Place {
        TenantScope scope;
        wire::GatewayId gateway;
        wire::EndpointId endpoint;
    };

    struct Attempt {
        explicit Attempt(net::Executor executor) : over(executor, SteadyTime::max()) {}

        net::Timer over;  // never fires: whoever waits is woken
        Result<> outcome;
    };

    net::Task<Result<>> mintOnce(Place place);
    net::Task<Result<>> mint(Place place);
    net::Task<Result<std::string>> labelOf(Place place);
    net::Task<Result<>> revokeLost(Place place, std::string label);
    net::Task<Result<>> revoke(Place place, std::string key);
    net::Task<Result<bool>> keep(Place place, std::string username, Secret password);
    net::Task<Result<GatewayAnswer>> ask(Place place,
                                         std::string method,
                                         std::string behind,
                                         codec::json::Object body);
    void tell(const Place& place, const std::string& key);

    Parts parts_;
    std::map<wire::EndpointId, std::shared_ptr<Attempt>> minting_;  // one at a time for each
};

}  // namespace pcg::controlplane::deploy
