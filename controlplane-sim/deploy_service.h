// SPDX-License-Identifier: Apache-2.0
// The orchestrator with all that it stands on, as one part of the program: ledger, access to
// endpoints, sessions, clouds. Loop thread; start() once, await stop().
#pragma once

#include "controlplane-sim/deploy/ledger.h"
#include "controlplane-sim/deploy/minted_access.h"
#include "controlplane-sim/deploy/orchestrator.h"
#include "controlplane-sim/deploy/pauses.h"
#include "controlplane-sim/endpoint_kinds.h"
#include "controlplane-sim/inventory/browser.h"

namespace pcg::controlplane {

class DeployService {
  public:
    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const PlatformAuthority& authority;
        const Clock& clock;
        Random& random;
        deploy::Watcher& watcher;
        GatewayCalls& gateways;
        AuditSink& audit;
        std::string ingressHost;  // a name or address in the ingress' certificate
        std::string caPem;
    };

    explicit DeployService(Parts parts);

    // Goes on with everything that is not at rest.
    net::Task<Result<>> start() { return orchestrator_.start(); }

    net::Task<void> stop(std::chrono::milliseconds drain);

    deploy::Orchestrator& orchestrator() { return orchestrator_; }

    deploy::CloudSource& clouds() { return endpoints_; }

    deploy::Seals& seals() { return seals_; }

    inventory::Browser& browser() { return browser_; }

    // An endpoint's access key is another one now.
    void forget(const wire::EndpointId& endpoint) { endpoints_.forget(endpoint); }

  private:
    deploy::Seals seals_;
    deploy::StoredLedger ledger_;
    deploy::StoredEndpointAccess given_;
    deploy::MintedAccess access_;
    EndpointKinds endpoints_;
    inventory::Browser browser_;
    deploy::TimerPauses pauses_;
    deploy::Orchestrator orchestrator_;
};

}  // namespace pcg::controlplane
