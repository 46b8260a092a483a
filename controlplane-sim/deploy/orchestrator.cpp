// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/orchestrator.h"

#include "common/base/backoff.h"
#include "common/log/log.h"
#include "controlplane-sim/deploy/errc.h"

namespace pcg::controlplane::deploy {
namespace {

constexpr log::Logger kLog{"deploy"};
constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kLongestPause{60'000};
constexpr int kMaxPlans = 100;

bool isMoving(const Machine& machine) { return next(machine, Sight{}) != Step::None; }

}  // namespace

struct Orchestrator::Run {
    Run(DeploymentKey which, Parts& parts)
        : key(std::move(which)),
          wake(parts.loop.get_executor(), SteadyTime::max()),
          backoff(kFirstPause, kLongestPause, parts.random) {}

    DeploymentKey key;
    net::Timer wake;  // never fires: it is what a change wakes
    bool again = true;
    unsigned nudges = 0;
    std::set<std::string> driven;
    Backoff backoff;
    int plans = 0;
};

struct Orchestrator::Drive {
    RunPtr run;
    std::shared_ptr<const Deployment> deployment;
    Machine machine;
    Sight sight;
    Backoff backoff;
    std::shared_ptr<Cloud> cloud;
    unsigned nudges = 0;  // that were taken notice of
    bool gone = false;    // its row is: there is nobody to do anything for
    std::optional<SteadyTime> taskBegan{};

    Identity identity() const {
        return {deployment->placement,
                deployment->id.text(),
                machine.name,
                machine.uuid,
                machine.choice};
    }
};

net::Task<Result<>> Orchestrator::start() {
    PCG_CO_TRY(const auto keys, co_await parts_.ledger.unfinished());
    for (const auto& key : keys) nudge(key);
    co_return Result<>{};
}

void Orchestrator::nudge(const DeploymentKey& key) {
    if (stopping_) return;
    const auto known = runs_.find(key);
    if (known != runs_.end()) {
        known->second->again = true;
        ++known->second->nudges;
        known->second->wake.cancel();
        parts_.pauses.cutShort(key);
        return;
    }
    auto fresh = std::make_shared<Run>(key, parts_);
    runs_.emplace(key, fresh);
    net::asio::co_spawn(parts_.loop, run(std::move(fresh)), net::asio::detached);
}

net::Task<void> Orchestrator::stop(std::chrono::milliseconds drain) {
    stopping_ = true;
    parts_.pauses.cutAll();
    for (auto& [key, known] : runs_) known->wake.cancel();
    const auto until = std::chrono::steady_clock::now() + drain;
    while (!runs_.empty() && std::chrono::steady_clock::now() < until) {
        net::Timer tick(parts_.loop.get_executor(), std::chrono::milliseconds(20));
        co_await tick.async_wait(net::kAwaitTuple);
    }
}

net::Task<void> Orchestrator::run(RunPtr run) {
    while (true) {
        const auto outcome = co_await round(run);
        if (run->driven.empty() && (stopping_ || (outcome == Round::Over && !run->again))) break;
        if (!stopping_ && (outcome == Round::Again || run->again)) continue;
        co_await run->wake.async_wait(net::kAwaitTuple);
    }
    runs_.erase(run->key);
}

net::Task<Orchestrator::Round> Orchestrator::round(RunPtr run) {
    run->again = false;
    if (stopping_) co_return Round::Wait;
    auto loaded = co_await parts_.ledger.load(run->key);
    if (!loaded) {
        kLog.failure(log::Level::Warn, "deployment.not_loaded", loaded.error());
        co_await parts_.pauses.pause(run->key, run->backoff.next());
        co_return Round::Again;
    }
    if (!*loaded) co_return run->driven.empty() ? Round::Over : Round::Wait;
    auto deployment = std::make_shared<const Deployment>(std::move(**loaded));
    if (deployment->placement.empty() && !deployment->deleting) {
        if (deployment->planFailed) co_return Round::Over;
        const auto planned = co_await plan(run, deployment);
        if (!planned) co_await parts_.pauses.pause(run->key, run->backoff.next());
        co_return Round::Again;
    }
    const bool moving = launch(run, deployment);
    if (moving || !run->driven.empty()) co_return Round::Wait;
    co_return co_await settle(run, deployment);
}

// Nothing moves: it is gone, or ready, or waits for somebody.
net::Task<Orchestrator::Round> Orchestrator::settle(RunPtr run,
                                                    std::shared_ptr<const Deployment> deployment) {
    Result<> kept;
    if (deployment->deleting && deployment->machines.empty())
        kept = co_await parts_.ledger.erase(run->key);
    else if (!deployment->wasReady && stateName(*deployment) == "ready")
        kept = co_await parts_.ledger.ready(run->key);
    else
        co_return Round::Over;
    parts_.watcher.changed(run->key);
    if (kept) co_return Round::Over;
    kLog.failure(log::Level::Warn, "deployment.not_kept", kept.error());
    co_await parts_.pauses.pause(run->key, run->backoff.next());
    co_return Round::Again;
}

net::Task<Result<>> Orchestrator::plan(RunPtr run, std::shared_ptr<const Deployment> deployment) {
    const auto& spec = deployment->spec;
    auto cloud = co_await parts_.clouds.open(run->key.scope, spec.gateway, spec.endpoint);
    Result<std::string> placement;
    if (cloud)
        placement = co_await (*cloud)->place(spec);
    else
        placement = tl::unexpected(std::move(cloud).error());
    Result<> kept;
    if (placement) {
        run->backoff.reset();
        kept = co_await parts_.ledger.placed(run->key, *placement);
    } else {
        const bool forGood = placement.error().isInput() || ++run->plans >= kMaxPlans;
        kept = co_await parts_.ledger.notPlaced(run->key, placement.error().message(), forGood);
        kLog.failure(log::Level::Warn,
                     "deployment.not_planned",
                     placement.error(),
                     {{"deployment", run->key.id.text()}});
        if (kept && !forGood) kept = tl::unexpected(placement.error());
    }
    parts_.watcher.changed(run->key);
    co_return kept;
}

// True if something moves or waits for its turn.
bool Orchestrator::launch(const RunPtr& run, const std::shared_ptr<const Deployment>& deployment) {
    auto& ofTenant = moving_[run->key.scope.tenant()];
    bool moving = false;
    for (const auto& machine : deployment->machines) {
        if (run->driven.contains(machine.name) || !isMoving(machine)) continue;
        moving = true;
        if (run->driven.size() >= kMachinesAtOnce || ofTenant >= kMachinesOfTenant) break;
        run->driven.insert(machine.name);
        ++ofTenant;
        auto fresh =
            std::make_shared<Drive>(Drive{run,
                                          deployment,
                                          machine,
                                          {},
                                          Backoff(kFirstPause, kLongestPause, parts_.random),
                                          nullptr,
                                          run->nudges});
        net::asio::co_spawn(parts_.loop, drive(std::move(fresh)), net::asio::detached);
    }
    return moving;
}

net::Task<void> Orchestrator::drive(DrivePtr drive) {
    bool more = true;
    while (more && !stopping_) {
        more = co_await advance(drive);
    }
    finished(drive);
}

void Orchestrator::finished(const DrivePtr& drive) {
    const auto tenant = drive->run->key.scope.tenant();
    drive->run->driven.erase(drive->machine.name);
    drive->run->again = true;
    --moving_[tenant];
    wakeTenant(tenant);
}

// A place has become free, perhaps for another deployment.
void Orchestrator::wakeTenant(const wire::TenantId& tenant) {
    for (auto& [key, known] : runs_) {
        if (!(key.scope.tenant() == tenant)) continue;
        known->again = true;
        known->wake.cancel();
    }
}

// One step of one machine; false when it is at rest, or gone.
net::Task<bool> Orchestrator::advance(DrivePtr drive) {
    if (drive->nudges != drive->run->nudges) {
        drive->nudges = drive->run->nudges;
        [[maybe_unused]] const bool same = co_await keep(drive);
    }
    const auto step = next(drive->machine, drive->sight);
    if (step == Step::None || drive->gone) co_return false;
    if (step == Step::Forget) {
        auto forgotten = co_await parts_.ledger.forget(drive->run->key, drive->machine);
        parts_.watcher.changed(drive->run->key);
        if (forgotten) co_return false;
        co_await parts_.pauses.pause(drive->run->key, drive->backoff.next());
        co_return true;
    }
    if (prepare(drive->machine, drive->sight, step)) {
        const bool same = co_await keep(drive);
        if (!same) co_return true;
    }
    const auto before = drive->machine;
    const auto outcome = co_await perform(drive, step);
    const auto verdict = apply(drive->machine, drive->sight, step, outcome, parts_.clock.wallNow());
    if (!(drive->machine == before)) {
        [[maybe_unused]] const bool same = co_await keep(drive);
    }
    if (verdict == Verdict::TryAgain)
        co_await parts_.pauses.pause(drive->run->key, drive->backoff.next());
    else if (drive->sight.attempts == 0)
        drive->backoff.reset();
    co_return true;  // the next step says whether it is at rest
}

// Until it is kept: what was done must not be forgotten. False when the tenant has changed its
// mind about the machine, and everything is to be thought of anew.
net::Task<bool> Orchestrator::keep(DrivePtr drive) {
    bool same = true;
    while (true) {
        auto wished = co_await parts_.ledger.save(drive->run->key, drive->machine);
        if (wished) {
            parts_.watcher.changed(drive->run->key);
            if (*wished == drive->machine.wished) co_return same;
            drive->machine.wished = *wished;
            drive->machine.failed = false;
            drive->sight = {};
            drive->backoff.reset();
            same = false;
            continue;
        }
        kLog.failure(log::Level::Warn, "machine.not_kept", wished.error());
        drive->gone = wished.error().is(kNoSuchDeployment);
        if (drive->gone) co_return false;
        if (stopping_) co_return false;
        co_await parts_.pauses.pause(drive->run->key, drive->backoff.next());
    }
}

net::Task<Result<>> Orchestrator::openCloud(DrivePtr drive) {
    const auto& spec = drive->deployment->spec;
    auto cloud = co_await parts_.clouds.open(drive->run->key.scope, spec.gateway, spec.endpoint);
    if (!cloud) co_return fail(std::move(cloud).error());
    drive->cloud = std::move(*cloud);
    co_return Result<>{};
}

net::Task<Result<Outcome>> Orchestrator::perform(DrivePtr drive, Step step) {
    const auto began = parts_.clock.now();
    // Anew each time: it is cheap, and a key that was replaced takes effect.
    auto opened = co_await openCloud(drive);
    Result<Outcome> outcome = Outcome{};
    if (opened) {
        outcome = co_await change(drive, step);
        report(drive, step, began, outcome);
    } else {
        outcome = tl::unexpected(std::move(opened).error());
    }
    note(*drive, step, began, outcome);
    co_return outcome;
}

void Orchestrator::report(const DrivePtr& drive,
                          Step step,
                          SteadyTime began,
                          const Result<Outcome>& outcome) {
    if (outcome && !outcome->task.empty()) drive->taskBegan = began;
    const auto change = endedBy(drive->machine, step, outcome);
    if (change == TaskKind::None) return;
    const auto since = step == Step::FinishTask ? drive->taskBegan : began;
    std::optional<std::chrono::milliseconds> took;
    if (since)
        took = std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now() - *since);
    drive->taskBegan.reset();
    const auto* error = errorOf(outcome);
    const auto& machine = drive->machine;
    const bool isClone = step == Step::FinishTask && change == TaskKind::Clone && !error;
    parts_.watcher.acted(drive->run->key,
                         {change,
                          machine.origin,
                          machine.name,
                          isClone              ? outcome->end.vm
                          : machine.vm.empty() ? machine.choice
                                               : machine.vm,
                          endOf(step, outcome),
                          took,
                          error ? error->message() : std::string()});
}

void Orchestrator::note(const Drive& drive,
                        Step step,
                        SteadyTime began,
                        const Result<Outcome>& outcome) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now() - began);
    const auto* error = errorOf(outcome);
    kLog.info("machine.step",
              {{"deployment", drive.run->key.id.text()},
               {"machine", drive.machine.name},
               {"vm", drive.machine.vm},
               {"step", nameOf(step)},
               {"took_ms", took},
               {"why", error == nullptr ? std::string() : error->message()}});
}

net::Task<Result<Outcome>> Orchestrator::change(DrivePtr drive, Step step) {
    auto& cloud = *drive->cloud;
    const auto vm = drive->machine.vm;
    auto identity = drive->identity();
    Outcome outcome;
    switch (step) {
        case Step::Find: {
            PCG_CO_TRY(outcome.seen, co_await cloud.find(std::move(identity)));
            break;
        }
        case Step::Look: {
            PCG_CO_TRY(outcome.seen, co_await cloud.look(std::move(identity), vm));
            break;
        }
        case Step::Choose: {
            PCG_CO_TRY(outcome.choice,
                       co_await cloud.choose(
                           std::move(identity), drive->deployment->spec, drive->machine.unfit));
            break;
        }
        case Step::Clone: {
            PCG_CO_TRY(outcome.task, co_await cloud.clone(std::move(identity)));
            break;
        }
        case Step::Customise: {
            PCG_CO_TRY(auto userData, co_await parts_.ledger.userData(drive->run->key));
            PCG_CO_TRY(outcome.task,
                       co_await cloud.customise(
                           std::move(identity), vm, drive->deployment->spec, std::move(userData)));
            break;
        }
        case Step::PowerOn: {
            PCG_CO_TRY(auto userData, co_await parts_.ledger.userData(drive->run->key));
            PCG_CO_TRY(outcome.task,
                       co_await cloud.powerOn(
                           std::move(identity), vm, drive->deployment->spec, std::move(userData)));
            break;
        }
        case Step::PowerOff: {
            PCG_CO_TRY(outcome.task, co_await cloud.powerOff(vm));
            break;
        }
        case Step::Destroy: {
            PCG_CO_TRY(outcome.task, co_await cloud.destroy(std::move(identity), vm));
            break;
        }
        case Step::FinishTask: {
            PCG_CO_TRY(outcome.end, co_await cloud.finish(drive->machine.task));
            break;
        }
        case Step::AwaitAddress: {
            PCG_CO_TRY(outcome.addresses, co_await cloud.addresses(vm));
            break;
        }
        case Step::None:
        case Step::Forget:
            break;
    }
    co_return outcome;
}

}  // namespace pcg::controlplane::deploy
