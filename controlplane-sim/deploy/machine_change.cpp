// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/deploy/machine.h"

// What the answer to a step means for a machine.
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
constexpr auto kInDoubt =
    "An answer was lost. It is waited, for up to 2 minutes, until that request cannot be executed "
    "any more.";
constexpr auto kTaken =
    "Whatever machine was chosen, others took it first. Retry when it is calmer there.";
constexpr auto kNoAddressOfPooled =
    "The machine is installed but has shown no address for 30 minutes. Look at its network at the "
    "endpoint, then retry.";
constexpr auto kNoAddress =
    "The machine runs but has shown no address for 30 minutes. Look at its console: it needs "
    "VMware Tools (open-vm-tools) and a network that gives it an address. Then retry.";

// One application of one answer.
class Change {
  public:
    Change(Machine& machine, Sight& sight, WallTime now)
        : machine_(machine), sight_(sight), now_(now), leaving_(isLeaving(machine)) {}

    Verdict found(const std::optional<Seen>& seen);
    Verdict looked(const std::optional<Seen>& seen);
    Verdict chosen(const std::string& choice);
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
    Verdict notOurs(bool taken);
    Verdict takenByOthers();
    Verdict installFailed(const Error& error);
    Verdict cloneRefused(const Error& error);
    Verdict notFound(const Error& error);
    Verdict again(const Error& error);
    Verdict rest(std::string why);

    Machine& machine_;
    Sight& sight_;
    WallTime now_;
    bool leaving_;
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
    machine_.choice.clear();
    machine_.cloneSent = false;
    machine_.discard = false;
    machine_.phase = Phase::Planned;
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
    const bool pooled = machine_.origin == Origin::Pooled;
    // It was asked for, and nobody knows what became of that.
    if (pooled && machine_.cloneSent && !machine_.late) machine_.late = now_ + kLateness;
    // The only request that was sent is the one that took it.
    if (seen && seen->ours && !machine_.doubled) machine_.late.reset();
    if (seen && seen->ours) return adopt(seen->vm);
    if (pooled) return notOurs(seen.has_value());
    if (!seen) return Verdict::GoOn;
    // The name is taken by another one, so no clone of ours can be under way.
    haveNone();
    return leaving_ ? Verdict::GoOn : rest(kForeign);
}

// A pooled machine: the choice is free, or `taken` by others, or there is none.
Verdict Change::notOurs(bool taken) {
    const bool sure = !machine_.late || now_ >= *machine_.late;
    if (machine_.cloneSent && !taken) return Verdict::GoOn;  // asked for once more
    if (!sure) {
        sight_.searched = false;
        machine_.why = kInDoubt;
        return Verdict::TryAgain;
    }
    machine_.late.reset();
    machine_.doubled = false;
    return taken ? takenByOthers() : Verdict::GoOn;
}

Verdict Change::takenByOthers() {
    const int conflicts = sight_.conflicts + 1;
    haveNone();
    sight_.searched = true;
    sight_.conflicts = conflicts;
    if (leaving_) return Verdict::GoOn;
    return conflicts > kMaxConflicts ? rest(kTaken) : Verdict::TryAgain;
}

Verdict Change::chosen(const std::string& choice) {
    machine_.choice = choice;
    return Verdict::GoOn;
}

Verdict Change::looked(const std::optional<Seen>& seen) {
    sight_.doubt = false;
    sight_.looked = true;
    if (!seen) {
        haveNone();
        return leaving_ ? Verdict::GoOn : rest(kVanished);
    }
    if (!seen->ours && leaving_) return rest(kNotOurs);
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
    if (!end.over) {
        sight_.attempts = 0;
        return Verdict::GoOn;
    }
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
            if (machine_.origin == Origin::Pooled) return adopt(machine_.choice);
            sight_.searched = false;  // it is there, and a search will say where
            break;
        case TaskKind::Customise:
            enter(Phase::PoweringOn);
            break;
        case TaskKind::PowerOn:
            machine_.failedInstalls = 0;
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

// It goes back, and another one is tried. After the last attempt it stays as it is, so that
// somebody can look at it.
Verdict Change::installFailed(const Error& error) {
    dropTask();
    sight_.seen.reset();
    machine_.unfit.push_back(machine_.vm);
    if (machine_.unfit.size() > kMaxUnfit) machine_.unfit.erase(machine_.unfit.begin());
    machine_.discard = true;
    machine_.changedAt = now_;
    if (++machine_.failedInstalls < kMaxInstalls) return Verdict::GoOn;
    return rest(
        error.message() + " It was the " + std::to_string(kMaxInstalls) +
        "rd machine in a row, and is left as it is to be looked at; retry gives it back and "
        "tries others.");
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
        const bool certain = sight_.firstClone && machine_.origin == Origin::Pooled;
        if (error.is(kNameInUse) && certain) machine_.cloneSent = false;
        if (error.is(kNameInUse)) return certain ? takenByOthers() : nameInUse();
        sight_.searched = false;
        if (sight_.firstClone) machine_.cloneSent = false;
        if (leaving_) return cloneRefused(error);
    }
    if (!error.isInput()) return again(error);
    if (error.is(kInstallFailed) && !leaving_) return installFailed(error);
    const bool switching = kind == TaskKind::PowerOn || kind == TaskKind::PowerOff;
    if (error.is(kPowerState) && switching) return succeeded(kind, {});
    if (error.is(kPowerState) && kind == TaskKind::Destroy) {
        sight_.seen.reset();
        return again(error);
    }
    if (error.is(kGone) && kind != TaskKind::Clone) {
        if (!leaving_) return notFound(error);
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
    if (now_ - machine_.changedAt > kAddressPatience)
        return rest(machine_.origin == Origin::Pooled ? kNoAddressOfPooled : kNoAddress);
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
        sight_.doubt = !leaving_ && kind != TaskKind::Clone;
        return Verdict::GoOn;
    }
    if (step == Step::AwaitAddress && error.is(kGone)) return notFound(error);
    if (step == Step::AwaitAddress && error.is(kInstallFailed)) return installFailed(error);
    const auto kind = changeOf(step);
    if (kind != TaskKind::None && error.isInput()) return refused(kind, error);
    // Perhaps it was executed, and then a pooled machine may be somebody else's already.
    if (kind == TaskKind::Destroy) sight_.seen.reset();
    if (kind == TaskKind::Clone) {
        // Unknown: it may be under way, so it is looked for before it is asked for again.
        if (!error.is(kNotSent)) {
            sight_.searched = false;
            if (machine_.origin == Origin::Pooled) machine_.late = now_ + kLateness;
        }
        if (error.is(kNotSent) && sight_.firstClone) machine_.cloneSent = false;
    }
    if (!error.isInput()) return again(error);
    return rest(error.message());
}

}  // namespace

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
        case Step::Choose:
            return change.chosen(outcome->choice);
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

}  // namespace pcg::controlplane::deploy
