// SPDX-License-Identifier: Apache-2.0
// What the orchestrator does, as news for the tenant's clients and as rows of its audit:
// deployment.machine_cloned, .machine_customised, .powered_on, .powered_off, .destroyed. Loop
// thread.
#pragma once

#include "common/base/clock.h"
#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/deploy/watcher.h"
#include "controlplane-sim/observe/event_hub.h"

namespace pcg::controlplane {

// Who acts when the orchestrator does.
inline constexpr auto kOrchestratorName = "orchestrator";

class DeploymentWatch final : public deploy::Watcher {
  public:
    DeploymentWatch(EventHub& events, AuditSink& audit, const Clock& clock)
        : events_(events), audit_(audit), clock_(clock) {}

    void changed(const deploy::DeploymentKey& key) override;
    void acted(const deploy::DeploymentKey& key, const Act& act) override;

  private:
    EventHub& events_;
    AuditSink& audit_;
    const Clock& clock_;
};

}  // namespace pcg::controlplane
