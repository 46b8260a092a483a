// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy_service.h"

namespace pcg::controlplane {

DeployService::DeployService(Parts parts)
    : ledger_(parts.store, seals_, parts.authority),
      given_(parts.store, seals_, {std::move(parts.ingressHost), std::move(parts.caPem)}),
      access_({parts.loop,
               parts.store,
               seals_,
               given_,
               parts.gateways,
               parts.audit,
               parts.clock,
               parts.random}),
      endpoints_(parts.loop, access_, parts.clock, parts.random),
      browser_(endpoints_, parts.clock),
      orchestrator_(
          {parts.loop, ledger_, endpoints_, pauses_, parts.watcher, parts.clock, parts.random}) {}

net::Task<void> DeployService::stop(std::chrono::milliseconds drain) {
    co_await orchestrator_.stop(drain);
    co_await endpoints_.stop(drain);
}

}  // namespace pcg::controlplane
