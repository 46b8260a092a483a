// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/deployment_watch.h"

#include "common/codec/json.h"

namespace pcg::controlplane {
namespace {

using deploy::TaskKind;

std::string actionOf(TaskKind change, bool pooled) {
    switch (change) {
        case TaskKind::Clone:
            return pooled ? "deployment.machine_allocated" : "deployment.machine_cloned";
        case TaskKind::Customise:
            return "deployment.machine_customised";
        case TaskKind::PowerOn:
            return pooled ? "deployment.machine_installed" : "deployment.powered_on";
        case TaskKind::PowerOff:
            return "deployment.powered_off";
        case TaskKind::Destroy:
            return pooled ? "deployment.machine_released" : "deployment.destroyed";
        case TaskKind::None:
            break;
    }
    return "deployment.none";
}

AuditOutcome outcomeOf(deploy::Watcher::End end) {
    switch (end) {
        case deploy::Watcher::End::Done:
            return AuditOutcome::Success;
        case deploy::Watcher::End::Failed:
            return AuditOutcome::Failed;
        case deploy::Watcher::End::Unknown:
            break;
    }
    return AuditOutcome::Unknown;
}

std::string detailOf(const deploy::Watcher::Act& act) {
    if (act.vm.empty()) return act.why;
    return act.why.empty() ? act.vm : act.vm + ": " + act.why;
}

}  // namespace

void DeploymentWatch::changed(const deploy::DeploymentKey& key) {
    const auto data = codec::json::write(codec::json::Object().set("id", key.id.text()));
    events_.publish(key.scope.tenant(), {"deployment", data});
}

void DeploymentWatch::acted(const deploy::DeploymentKey& key, const Act& act) {
    AuditEvent event;
    event.at = clock_.wallNow();
    event.actor = {ActorKind::Orchestrator, kOrchestratorName};
    event.action = actionOf(act.change, act.origin == deploy::Origin::Pooled);
    event.target = {"deployment", key.id.text(), act.machine};
    event.outcome = outcomeOf(act.end);
    if (act.took) event.durationMs = act.took->count();
    event.detail = detailOf(act);
    audit_.record(key.scope.tenant(), std::move(event));
}

}  // namespace pcg::controlplane
