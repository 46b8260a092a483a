// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/watcher.h"

#include "controlplane-sim/deploy/errc.h"

namespace pcg::controlplane::deploy {
std::string_view nameOf(Step step) {
    switch (step) {
        case Step::None:
            return "none";
        case Step::Forget:
            return "forget";
        case Step::Find:
            return "find";
        case Step::Look:
            return "look";
        case Step::Choose:
            return "choose";
        case Step::Clone:
            return "clone";
        case Step::Customise:
            return "customise";
        case Step::PowerOn:
            return "power_on";
        case Step::PowerOff:
            return "power_off";
        case Step::Destroy:
            return "destroy";
        case Step::FinishTask:
            return "finish_task";
        case Step::AwaitAddress:
            return "await_address";
    }
    return "none";
}

const Error* errorOf(const Result<Outcome>& outcome) {
    if (!outcome) return &outcome.error();
    return outcome->end.fault ? &*outcome->end.fault : nullptr;
}

TaskKind endedBy(const Machine& machine, Step step, const Result<Outcome>& outcome) {
    if (step == Step::FinishTask) {
        const bool over = outcome ? outcome->end.over : outcome.error().isInput();
        return over ? machine.taskKind : TaskKind::None;
    }
    const bool begun = outcome && !outcome->task.empty();
    const bool unsent = !outcome && outcome.error().is(kNotSent);
    return begun || unsent ? TaskKind::None : changeOf(step);
}

Watcher::End endOf(Step step, const Result<Outcome>& outcome) {
    if (outcome) return outcome->end.fault ? Watcher::End::Failed : Watcher::End::Done;
    // A task that the cloud has forgotten, or an answer that was lost.
    const bool unknown = step == Step::FinishTask || !outcome.error().isInput();
    return unknown ? Watcher::End::Unknown : Watcher::End::Failed;
}

}  // namespace pcg::controlplane::deploy
