// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/machine.h"

namespace pcg::controlplane::deploy {
namespace {

Step nextLeaving(const Machine& machine, const Sight& sight) {
    const bool busy = !machine.task.empty();
    if (busy && machine.taskKind == TaskKind::Clone) return Step::FinishTask;
    if (machine.vm.empty()) {
        if (!machine.cloneSent) return machine.late ? Step::Find : Step::Forget;
        return sight.searched ? Step::Clone : Step::Find;
    }
    const bool ending =
        machine.taskKind == TaskKind::PowerOff || machine.taskKind == TaskKind::Destroy;
    if (busy && ending) return Step::FinishTask;
    if (!sight.seen) return Step::Look;
    return sight.seen->on ? Step::PowerOff : Step::Destroy;
}

Step nextMade(const Machine& machine, const Sight& sight) {
    if (!sight.searched) return Step::Find;
    const bool chosen = machine.origin == Origin::Cloned || !machine.choice.empty();
    return chosen ? Step::Clone : Step::Choose;
}

Step nextWished(const Machine& machine, const Sight& sight) {
    if (sight.doubt) return Step::Look;
    if (!machine.task.empty()) return Step::FinishTask;
    switch (machine.phase) {
        case Phase::Planned:
        case Phase::Cloning:
            return nextMade(machine, sight);
        case Phase::Customising:
            return Step::Customise;
        case Phase::PoweringOn:
            return Step::PowerOn;
        case Phase::WaitingForAddress:
            return Step::AwaitAddress;
        case Phase::Ready:
            break;
    }
    return Step::None;
}

}  // namespace

bool isLeaving(const Machine& machine) { return !machine.wished || machine.discard; }

TaskKind changeOf(Step step) {
    switch (step) {
        case Step::Clone:
            return TaskKind::Clone;
        case Step::Customise:
            return TaskKind::Customise;
        case Step::PowerOn:
            return TaskKind::PowerOn;
        case Step::PowerOff:
            return TaskKind::PowerOff;
        case Step::Destroy:
            return TaskKind::Destroy;
        default:
            return TaskKind::None;
    }
}

std::string_view roleName(Role role) {
    return role == Role::ControlPlane ? "control-plane" : "worker";
}

std::string_view stateName(const Machine& machine) {
    const bool pooled = machine.origin == Origin::Pooled;
    if (machine.failed) return "failed";
    if (!machine.wished) return "deleting";
    if (machine.discard) return "releasing";
    switch (machine.phase) {
        case Phase::Planned:
            return "planned";
        case Phase::Cloning:
            return pooled ? "allocating" : "cloning";
        case Phase::Customising:
            return "customising";
        case Phase::PoweringOn:
            return pooled ? "installing" : "powering_on";
        case Phase::WaitingForAddress:
            return "waiting_for_address";
        case Phase::Ready:
            break;
    }
    return "ready";
}

Step next(const Machine& machine, const Sight& sight) {
    if (machine.failed) return Step::None;
    return isLeaving(machine) ? nextLeaving(machine, sight) : nextWished(machine, sight);
}

bool prepare(Machine& machine, Sight& sight, Step step) {
    if (step != Step::Clone) return false;
    sight.firstClone = !machine.cloneSent;
    machine.doubled = machine.doubled || (machine.cloneSent && machine.origin == Origin::Pooled);
    machine.cloneSent = true;
    machine.phase = Phase::Cloning;
    return true;
}

void revive(Machine& machine, WallTime now) {
    machine.failed = false;
    machine.why.clear();
    machine.failedInstalls = 0;
    machine.changedAt = now;
}

}  // namespace pcg::controlplane::deploy
