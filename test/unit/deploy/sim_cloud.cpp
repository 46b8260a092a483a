// SPDX-License-Identifier: Apache-2.0
#include "sim_cloud.h"

#include "controlplane-sim/deploy/errc.h"

#include <algorithm>

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest() { return PlatformAuthority(); }

namespace deploy {

TenantScope scopeForTest(Random& random) {
    return makePlatformAuthorityForTest().scopeOf(wire::newId<wire::TenantId>(random));
}

net::Task<void> Life::mayEnd() {
    if (onCall) onCall();
    if (!ended_ && random_.below(1000) < static_cast<std::uint64_t>(perMille_)) {
        ended_ = true;
        loop_.stop();
    }
    if (ended_) {
        net::Timer never(loop_.get_executor(), SteadyTime::max());
        co_await never.async_wait(net::kAwaitTuple);
    }
    // Others get their turn between any two calls.
    net::Timer turn(loop_.get_executor(), SteadyTime::min());
    co_await turn.async_wait(net::kAwaitTuple);
}

// ---- the disk

void SimLedger::scale(const DeploymentKey& key,
                      const Counts& counts,
                      Random& random,
                      WallTime now) {
    const auto row = rows.find(key);
    if (row == rows.end() || row->second.deleting) return;
    auto& deployment = row->second;
    deployment.spec.counts = counts;
    for (const auto& name : surplus(deployment.machines, counts)) {
        for (auto& machine : deployment.machines) {
            if (machine.name != name) continue;
            machine.wished = machine.failed = false;
        }
    }
    for (auto& machine : added(deployment.spec.name,
                               deployment.machines,
                               counts,
                               originOf(deployment.spec),
                               random,
                               now))
        deployment.machines.push_back(std::move(machine));
}

void SimLedger::remove(const DeploymentKey& key, WallTime) {
    const auto row = rows.find(key);
    if (row == rows.end()) return;
    row->second.deleting = true;
    for (auto& machine : row->second.machines) machine.wished = machine.failed = false;
}

void SimLedger::retry(const DeploymentKey& key, WallTime now) {
    const auto row = rows.find(key);
    if (row == rows.end()) return;
    row->second.planFailed = false;
    for (auto& machine : row->second.machines) {
        if (machine.failed) revive(machine, now);
    }
}

net::Task<Result<std::vector<DeploymentKey>>> SimLedger::unfinished() {
    std::vector<DeploymentKey> keys;
    for (const auto& [key, row] : rows) keys.push_back(key);
    co_return keys;
}

net::Task<Result<std::optional<Deployment>>> SimLedger::load(DeploymentKey key) {
    co_await life->mayEnd();
    const auto row = rows.find(key);
    if (row == rows.end()) co_return std::optional<Deployment>{};
    co_return std::optional<Deployment>(row->second);
}

net::Task<Result<Secret>> SimLedger::userData(DeploymentKey) { co_return Secret{}; }

net::Task<Result<>> SimLedger::placed(DeploymentKey key, std::string placement) {
    co_await life->mayEnd();
    if (rows.contains(key)) rows.at(key).placement = std::move(placement);
    co_await life->mayEnd();
    co_return Result<>{};
}

net::Task<Result<>> SimLedger::notPlaced(DeploymentKey key, std::string why, bool forGood) {
    if (rows.contains(key)) {
        rows.at(key).why = std::move(why);
        rows.at(key).planFailed = forGood;
    }
    co_return Result<>{};
}

net::Task<Result<>> SimLedger::ready(DeploymentKey key) {
    if (rows.contains(key)) rows.at(key).wasReady = true;
    co_return Result<>{};
}

net::Task<Result<bool>> SimLedger::save(DeploymentKey key, Machine machine) {
    co_await life->mayEnd();
    Result<bool> wished = fail(kNoSuchDeployment, "the row is gone");
    const auto row = rows.find(key);
    if (row != rows.end()) {
        for (auto& held : row->second.machines) {
            if (held.uuid != machine.uuid) continue;
            wished = held.wished;
            held = machine;
            held.wished = *wished;
        }
    }
    co_await life->mayEnd();
    co_return wished;
}

net::Task<Result<>> SimLedger::forget(DeploymentKey key, Machine machine) {
    co_await life->mayEnd();
    const auto row = rows.find(key);
    if (row != rows.end())
        std::erase_if(row->second.machines,
                      [&](const Machine& held) { return held.uuid == machine.uuid; });
    co_await life->mayEnd();
    co_return Result<>{};
}

net::Task<Result<>> SimLedger::erase(DeploymentKey key) {
    co_await life->mayEnd();
    rows.erase(key);
    co_return Result<>{};
}

// ---- the cloud

// The request is on its way: it may get lost, and then nothing was done.
Result<> SimCloud::arrive() {
    clock_.advance(std::chrono::milliseconds(100));
    settleTasks();
    if (!unlucky()) return {};
    if (random_.below(3) == 0) return fail(kNotSent, "no link");
    if (random_.below(4) == 0) return fail(kRejected, "the cloud says no");
    return fail(kWeather, "lost on the way there");
}

// The answer is on its way back.
template <class T>
net::Task<Result<T>> SimCloud::answer(Result<T> value) {
    co_await life->mayEnd();
    if (unlucky()) co_return fail(kWeather, "lost on the way back");
    co_return value;
}

bool SimCloud::busy(const std::string& vm) const {
    return std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& entry) {
        return entry.second.vm == vm && !entry.second.over;
    });
}

void SimCloud::settleTasks() {
    for (auto& [id, task] : tasks_) {
        if (!task.over && clock_.wallNow() >= task.end) finishTask(task);
    }
}

void SimCloud::finishTask(Task& task) {
    task.over = true;
    const auto vm = vms.find(task.vm);
    if (task.fault) {
        if (task.kind == TaskKind::Clone) vms.erase(task.vm);
        return;
    }
    if (vm == vms.end()) {
        task.fault = Error{kGone, "the machine is gone"};
        return;
    }
    if (vm->second.uuid.empty()) ++foreignTouched;
    switch (task.kind) {
        case TaskKind::None:
        case TaskKind::Clone:
            break;
        case TaskKind::Customise:
            vm->second.customised = true;
            break;
        case TaskKind::PowerOn:
            vm->second.on = true;
            break;
        case TaskKind::PowerOff:
            vm->second.on = false;
            break;
        case TaskKind::Destroy:
            vms.erase(vm);
            break;
    }
}

Result<std::string> SimCloud::begin(TaskKind kind, const std::string& vm) {
    const auto known = vms.find(vm);
    if (known == vms.end()) return fail(kGone, "there is no such machine");
    if (kind != TaskKind::Clone && busy(vm)) return fail(kWeather, "another task is in progress");
    if (kind == TaskKind::PowerOn && known->second.on) return fail(kPowerState, "it is on");
    if (kind == TaskKind::PowerOff && !known->second.on) return fail(kPowerState, "it is off");
    if (kind == TaskKind::Destroy && known->second.on) return fail(kPowerState, "it is on");
    Task task{
        kind, vm, clock_.wallNow() + std::chrono::milliseconds(random_.below(2000)), {}, false};
    if (unlucky())
        task.fault =
            random_.below(2) == 0 ? Error{kRejected, "it failed"} : Error{kWeather, "it failed"};
    const auto id = "task-" + std::to_string(++numbers_);
    tasks_.emplace(id, std::move(task));
    std::set<std::string> moving;
    for (const auto& [name, other] : tasks_) {
        if (!other.over) moving.insert(other.vm);
    }
    busiest = std::max(busiest, moving.size());
    return id;
}

net::Task<Result<std::shared_ptr<Cloud>>> SimCloud::open(TenantScope,
                                                         wire::GatewayId,
                                                         wire::EndpointId) {
    co_return std::shared_ptr<Cloud>(std::shared_ptr<Cloud>(), this);
}

net::Task<Result<std::string>> SimCloud::place(const Spec&) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    Result<std::string> placement = std::string("folder");
    co_return co_await answer(std::move(placement));
}

net::Task<Result<std::optional<Seen>>> SimCloud::find(Identity identity) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    Result<std::optional<Seen>> found = std::optional<Seen>{};
    for (const auto& [id, vm] : vms) {
        if (vm.uuid != identity.uuid && vm.name != identity.name) continue;
        if (vm.visibleFrom > clock_.wallNow()) continue;
        if (!vm.uuid.empty() && busy(id)) {
            found = fail(kWeather, "it is being made");
            break;
        }
        found = std::optional<Seen>(Seen{id, vm.uuid == identity.uuid, vm.on});
    }
    co_return co_await answer(std::move(found));
}

net::Task<Result<std::optional<Seen>>> SimCloud::look(Identity identity, std::string id) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    Result<std::optional<Seen>> seen = std::optional<Seen>{};
    const auto vm = vms.find(id);
    if (vm != vms.end())
        seen = std::optional<Seen>(Seen{id, vm->second.uuid == identity.uuid, vm->second.on});
    co_return co_await answer(std::move(seen));
}

net::Task<Result<std::string>> SimCloud::choose(Identity, const Spec&, std::vector<std::string>) {
    co_return fail(kRejected, "there are none to choose");
}

net::Task<Result<std::string>> SimCloud::clone(Identity identity) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    const bool taken = std::any_of(vms.begin(), vms.end(), [&](const auto& entry) {
        return entry.second.name == identity.name;
    });
    Result<std::string> task = fail(kNameInUse, "the name is in use");
    if (!taken) {
        const auto id = "vm-" + std::to_string(++numbers_);
        Vm vm{identity.name, identity.uuid, false, false, 0, clock_.wallNow()};
        if (random_.below(2) == 0) vm.visibleFrom += std::chrono::milliseconds(random_.below(3000));
        vms.emplace(id, std::move(vm));
        task = begin(TaskKind::Clone, id);
    }
    co_return co_await answer(std::move(task));
}

net::Task<Result<std::string>> SimCloud::customise(Identity, std::string vm, const Spec&, Secret) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    co_return co_await answer(begin(TaskKind::Customise, vm));
}

net::Task<Result<std::string>> SimCloud::powerOn(Identity, std::string vm, const Spec&, Secret) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    co_return co_await answer(begin(TaskKind::PowerOn, vm));
}

net::Task<Result<std::string>> SimCloud::powerOff(std::string vm) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    co_return co_await answer(begin(TaskKind::PowerOff, vm));
}

net::Task<Result<std::string>> SimCloud::destroy(Identity, std::string vm) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    co_return co_await answer(begin(TaskKind::Destroy, vm));
}

net::Task<Result<TaskEnd>> SimCloud::finish(std::string id) {
    co_await life->mayEnd();
    clock_.advance(std::chrono::milliseconds(300));
    auto there = arrive();
    if (!there && !there.error().isInput()) co_return fail(there.error());
    const auto task = tasks_.find(id);
    Result<TaskEnd> end = TaskEnd{};
    if (task == tasks_.end()) {
        end = fail(kGone, "the task is forgotten");
    } else if (task->second.over) {
        end = TaskEnd{true,
                      task->second.fault,
                      task->second.kind == TaskKind::Clone ? task->second.vm : std::string()};
        if (unlucky()) {
            tasks_.erase(task);
            end = fail(kGone, "the task is forgotten");
        }
    }
    co_return co_await answer(std::move(end));
}

net::Task<Result<std::vector<std::string>>> SimCloud::addresses(std::string id) {
    co_await life->mayEnd();
    auto there = arrive();
    if (!there) co_return fail(there.error());
    const auto vm = vms.find(id);
    Result<std::vector<std::string>> found = std::vector<std::string>{};
    if (vm == vms.end())
        found = fail(kGone, "there is no such machine");
    else if (vm->second.on && ++vm->second.age > 2)
        found = std::vector<std::string>{"192.0.2.7"};
    co_return co_await answer(std::move(found));
}

net::Task<void> JumpingPauses::pause(DeploymentKey, std::chrono::milliseconds duration) {
    clock_.advance(duration);
    net::Timer turn(co_await net::asio::this_coro::executor, SteadyTime::min());
    co_await turn.async_wait(net::kAwaitTuple);
}

}  // namespace deploy
}  // namespace pcg::controlplane
