// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/machine.h"

#include "controlplane-sim/deploy/errc.h"

namespace pcg::controlplane::deploy {
namespace {

constexpr int kMinAbsences = 3;

constexpr auto kForeign =
    "The folder has a machine of this name already, and this deployment did not make it. Rename "
    "that machine or choose another folder, then retry.";
constexpr auto kNotOurs =
    "The machine does not carry this deployment's marks any more, so it was not touched. Remove "
    "it at the endpoint if it should go, then retry.";
constexpr auto kVanished =
    "The machine is gone: somebody removed it at the endpoint. Retry makes it again.";
constexpr auto kNoAddress =
    "The machine runs but has shown no address for 30 minutes. Look at its console: it needs "
    "VMware Tools (open-vm-tools) and a network that gives it an address. Then retry.";

Step nextUnwished(const Machine& machine, const Sight& sight) {
    const bool busy = !machine.task.empty();
    if (busy && machine.taskKind == TaskKind::Clone) return Step::FinishTask;
    if (machine.vm.empty()) {
        if (!machine.cloneSent) return Step::Forget;
        return sight.searched ? Step::Clone : Step::Find;
    }
    const bool ending =
        machine.taskKind == TaskKind::PowerOff || machine.taskKind == TaskKind::Destroy;
    if (busy && ending) return Step::FinishTask;
    if (!sight.seen) return Step::Look;
    return sight.seen->on ? Step::PowerOff : Step::Destroy;
}

Step nextWished(const Machine& machine, const Sight& sight) {
    if (sight.doubt) return Step::Look;
    if (!machine.task.empty()) return Step::FinishTask;
    switch (machine.phase) {
        case Phase::Planned:
        case Phase::Cloning:
            return sight.searched ? Step::Clone : Step::Find;
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

// One application of one answer.
class Change {
  public:
    Change(Machine& machine, Sight& sight, WallTime now)
        : machine_(machine), sight_(sight), now_(now) {}

    Verdict found(const std::optional<Seen>& seen);
    Verdict looked(const std::optional<Seen>& seen);
    Verdict started(TaskKind kind, const std::string& task);
    Verdict ended(const TaskEnd& end);
    Verdict addressed(const std::vector<std::string>& addresses);
    Verdict failed(Step step, const Error& error);

  private:
    void enter(Phase phase);
    void dropTask();
    void haveNone();
    Verdict adopt(const std::string& vm);
    Verdict succeeded(TaskKind kind, const std::string& vm);
    Verdict refused(TaskKind kind, const Error& error);
    Verdict nameInUse();
    Verdict cloneRefused(const Error& error);
    Verdict notFound(const Error& error);
    Verdict again(const Error& error);
    Verdict rest(std::string why);

    Machine& machine_;
    Sight& sight_;
    WallTime now_;
};

void Change::enter(Phase phase) {
    machine_.phase = phase;
    machine_.changedAt = now_;
    machine_.why.clear();
}

void Change::dropTask() {
    machine_.task.clear();
    machine_.taskKind = TaskKind::None;
}

// It is sure that there is no such machine.
void Change::haveNone() {
    dropTask();
    machine_.vm.clear();
    machine_.cloneSent = false;
    machine_.addresses.clear();
    sight_ = {};
}

Verdict Change::rest(std::string why) {
    machine_.failed = true;
    machine_.why = std::move(why);
    machine_.changedAt = now_;
    return Verdict::Rest;
}

Verdict Change::again(const Error& error) {
    if (++sight_.attempts >= kMaxAttempts)
        return rest("Given up after " + std::to_string(kMaxAttempts) +
                    " attempts; the last one: " + error.message() + ". Retry when that is mended.");
    machine_.why = error.message();
    return Verdict::TryAgain;
}

Verdict Change::adopt(const std::string& vm) {
    dropTask();
    machine_.vm = vm;
    sight_.seen.reset();
    enter(Phase::Customising);
    return Verdict::GoOn;
}

Verdict Change::found(const std::optional<Seen>& seen) {
    sight_.searched = true;
    if (!seen) return Verdict::GoOn;
    if (seen->ours) return adopt(seen->vm);
    // The name is taken by another one, so no clone of ours can be under way.
    haveNone();
    if (!machine_.wished) return Verdict::GoOn;
    machine_.phase = Phase::Planned;
    return rest(kForeign);
}

Verdict Change::looked(const std::optional<Seen>& seen) {
    sight_.doubt = false;
    sight_.looked = true;
    if (!seen) {
        haveNone();
        if (!machine_.wished) return Verdict::GoOn;
        machine_.phase = Phase::Planned;
        return rest(kVanished);
    }
    if (!seen->ours && !machine_.wished) return rest(kNotOurs);
    sight_.seen = seen;
    return Verdict::GoOn;
}

Verdict Change::started(TaskKind kind, const std::string& task) {
    if (task.empty()) return succeeded(kind, {});
    machine_.task = task;
    machine_.taskKind = kind;
    return Verdict::GoOn;
}

Verdict Change::ended(const TaskEnd& end) {
    if (!end.over) return Verdict::GoOn;
    const auto kind = machine_.taskKind;
    dropTask();
    if (end.fault) return refused(kind, *end.fault);
    return succeeded(kind, end.vm);
}

Verdict Change::succeeded(TaskKind kind, const std::string& vm) {
    sight_.attempts = 0;
    switch (kind) {
        case TaskKind::None:
            break;
        case TaskKind::Clone:
            if (!vm.empty()) return adopt(vm);
            sight_.searched = false;  // it is there, and a search will say where
            break;
        case TaskKind::Customise:
            enter(Phase::PoweringOn);
            break;
        case TaskKind::PowerOn:
            enter(Phase::WaitingForAddress);
            break;
        case TaskKind::PowerOff:
            sight_.seen.reset();
            break;
        case TaskKind::Destroy:
            haveNone();
            break;
    }
    return Verdict::GoOn;
}

Verdict Change::nameInUse() {
    sight_.searched = false;
    if (++sight_.conflicts > kMaxConflicts) return rest(kForeign);
    return Verdict::TryAgain;
}

Verdict Change::notFound(const Error& error) {
    // The machine itself, or something that the order names? Looking tells.
    if (machine_.vm.empty() || sight_.looked) return rest(error.message());
    sight_.doubt = true;
    return Verdict::GoOn;
}

// Of a machine that is not wished any more. This clone was not made; whether an earlier one was is
// seen by looking, and not only once: it may be queued.
Verdict Change::cloneRefused(const Error& error) {
    if (!machine_.cloneSent) return Verdict::GoOn;
    if (++sight_.absences < kMinAbsences) return again(error);
    haveNone();
    return Verdict::GoOn;
}

// A definite no: the call, or its task, was executed and failed.
Verdict Change::refused(TaskKind kind, const Error& error) {
    if (kind == TaskKind::Clone) {
        if (error.is(kNameInUse)) return nameInUse();
        sight_.searched = false;
        if (sight_.firstClone) machine_.cloneSent = false;
        if (!machine_.wished) return cloneRefused(error);
    }
    if (!error.isInput()) return again(error);
    const bool switching = kind == TaskKind::PowerOn || kind == TaskKind::PowerOff;
    if (error.is(kPowerState) && switching) return succeeded(kind, {});
    if (error.is(kPowerState) && kind == TaskKind::Destroy) {
        sight_.seen.reset();
        return again(error);
    }
    if (error.is(kGone) && kind != TaskKind::Clone) {
        if (machine_.wished) return notFound(error);
        sight_.seen.reset();  // a look tells whether it is the machine
        return sight_.conflicts++ == 0 ? Verdict::GoOn : again(error);
    }
    return rest(error.message());
}

Verdict Change::addressed(const std::vector<std::string>& addresses) {
    sight_.attempts = 0;
    if (!addresses.empty()) {
        machine_.addresses = addresses;
        enter(Phase::Ready);
        return Verdict::Rest;
    }
    if (now_ - machine_.changedAt > kAddressPatience) return rest(kNoAddress);
    return Verdict::GoOn;
}

Verdict Change::failed(Step step, const Error& error) {
    if (step == Step::FinishTask) {
        if (!error.isInput()) return again(error);
        if (!error.is(kGone)) return rest(error.message());
        // The cloud has forgotten the task; how it ended is seen on the machine.
        const auto kind = machine_.taskKind;
        dropTask();
        sight_.searched = false;
        sight_.seen.reset();
        sight_.doubt = machine_.wished && kind != TaskKind::Clone;
        return Verdict::GoOn;
    }
    if (step == Step::AwaitAddress && error.is(kGone)) return notFound(error);
    const auto kind = changeOf(step);
    if (kind != TaskKind::None && error.isInput()) return refused(kind, error);
    if (kind == TaskKind::Clone) {
        // Unknown: it may be under way, so it is looked for before it is asked for again.
        if (!error.is(kNotSent)) sight_.searched = false;
        if (error.is(kNotSent) && sight_.firstClone) machine_.cloneSent = false;
    }
    if (!error.isInput()) return again(error);
    return rest(error.message());
}

}  // namespace

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
    if (machine.failed) return "failed";
    if (!machine.wished) return "deleting";
    switch (machine.phase) {
        case Phase::Planned:
            return "planned";
        case Phase::Cloning:
            return "cloning";
        case Phase::Customising:
            return "customising";
        case Phase::PoweringOn:
            return "powering_on";
        case Phase::WaitingForAddress:
            return "waiting_for_address";
        case Phase::Ready:
            break;
    }
    return "ready";
}

Step next(const Machine& machine, const Sight& sight) {
    if (machine.failed) return Step::None;
    return machine.wished ? nextWished(machine, sight) : nextUnwished(machine, sight);
}

bool prepare(Machine& machine, Sight& sight, Step step) {
    if (step != Step::Clone) return false;
    sight.firstClone = !machine.cloneSent;
    machine.cloneSent = true;
    machine.phase = Phase::Cloning;
    return true;
}

Verdict apply(
    Machine& machine, Sight& sight, Step step, const Result<Outcome>& outcome, WallTime now) {
    Change change(machine, sight, now);
    if (!outcome) return change.failed(step, outcome.error());
    machine.why.clear();
    switch (step) {
        case Step::Find:
            return change.found(outcome->seen);
        case Step::Look:
            return change.looked(outcome->seen);
        case Step::FinishTask:
            return change.ended(outcome->end);
        case Step::AwaitAddress:
            return change.addressed(outcome->addresses);
        case Step::None:
        case Step::Forget:
            return Verdict::Rest;
        default:
            return change.started(changeOf(step), outcome->task);
    }
}

void revive(Machine& machine, WallTime now) {
    machine.failed = false;
    machine.why.clear();
    machine.changedAt = now;
}

}  // namespace pcg::controlplane::deploy
