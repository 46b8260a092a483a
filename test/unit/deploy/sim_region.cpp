// SPDX-License-Identifier: Apache-2.0
#include "sim_region.h"

#include "controlplane-sim/deploy/errc.h"

#include <algorithm>

namespace pcg::controlplane::deploy {

SimRegion::SimRegion(SeededRandom& random, FakeClock& clock, int count)
    : random_(random), clock_(clock) {
    for (int i = 0; i < count; ++i) machines["m" + std::to_string(i)] = {};
    // Two are somebody else's from the beginning to the end.
    machines["theirs-1"].status = machines["theirs-2"].status = Status::Installed;
}

bool SimRegion::take(const std::string& vm, const std::string& mark) {
    const auto found = machines.find(vm);
    if (found == machines.end()) ++unknownTaken;
    if (found == machines.end() || found->second.status != Status::Free) return false;
    found->second = {mark, Status::Taken, false, {}, found->second.installs};
    return true;
}

SimRegion::Machine* SimRegion::ours(const std::string& vm, const std::string& mark) {
    const auto found = machines.find(vm);
    const bool mine = found != machines.end() && !mark.empty() && found->second.mark == mark;
    return mine ? &found->second : nullptr;
}

// What happens by itself while time goes on.
void SimRegion::pass() {
    const auto now = clock_.wallNow();
    std::erase_if(late_, [&](const Late& one) {
        if (one.at > now) return false;
        take(one.vm, one.mark);
        return true;
    });
    for (auto& [id, machine] : machines) {
        if (machine.status == Status::Installing && machine.due <= now) {
            const bool fails = random_.below(1000) < static_cast<std::uint64_t>(broken);
            machine.status = fails ? Status::Failed : Status::Installed;
        }
        if (machine.status == Status::Releasing && machine.due <= now)
            machine = {{}, Status::Free, false, {}, machine.installs};
    }
}

// The request is on its way: it may get lost, and then nothing was done.
net::Task<Result<>> SimRegion::arrive() {
    co_await life->mayEnd();
    clock_.advance(std::chrono::milliseconds(100));
    pass();
    if (!unlucky()) co_return Result<>{};
    if (random_.below(3) == 0) co_return fail(kNotSent, "no link");
    co_return fail(kWeather, "lost on the way there");
}

// The answer is on its way back.
template <class T>
net::Task<Result<T>> SimRegion::answer(Result<T> value) {
    co_await life->mayEnd();
    if (unlucky()) co_return fail(kWeather, "lost on the way back");
    co_return value;
}

net::Task<Result<std::shared_ptr<Cloud>>> SimRegion::open(TenantScope,
                                                          wire::GatewayId,
                                                          wire::EndpointId) {
    co_return std::shared_ptr<Cloud>(std::shared_ptr<Cloud>(), this);
}

net::Task<Result<std::string>> SimRegion::place(const Spec&) {
    PCG_CO_CHECK(co_await arrive());
    Result<std::string> placement = std::string("image");
    co_return co_await answer(std::move(placement));
}

net::Task<Result<std::optional<Seen>>> SimRegion::find(Identity identity) {
    PCG_CO_CHECK(co_await arrive());
    Result<std::optional<Seen>> found = std::optional<Seen>{};
    const auto choice = machines.find(identity.choice);
    if (choice != machines.end() && choice->second.status != Status::Free)
        found = std::optional<Seen>(Seen{choice->first, false, false});
    for (const auto& [id, machine] : machines) {
        if (machine.mark == identity.uuid) found = std::optional<Seen>(Seen{id, true, false});
    }
    co_return co_await answer(std::move(found));
}

net::Task<Result<std::optional<Seen>>> SimRegion::look(Identity identity, std::string vm) {
    PCG_CO_CHECK(co_await arrive());
    Result<std::optional<Seen>> seen = std::optional<Seen>{};
    if (ours(vm, identity.uuid) != nullptr) seen = std::optional<Seen>(Seen{vm, true, false});
    co_return co_await answer(std::move(seen));
}

net::Task<Result<std::string>> SimRegion::choose(Identity,
                                                 const Spec&,
                                                 std::vector<std::string> unfit) {
    PCG_CO_CHECK(co_await arrive());
    Result<std::string> choice = fail(kRejected, "none is free");
    for (const auto& [id, machine] : machines) {
        const bool isUnfit = std::find(unfit.begin(), unfit.end(), id) != unfit.end();
        if (machine.status == Status::Free && !isUnfit) choice = id;
    }
    co_return co_await answer(std::move(choice));
}

net::Task<Result<std::string>> SimRegion::clone(Identity identity) {
    PCG_CO_CHECK(co_await arrive());
    if (unlucky()) {
        // Its answer is given up, and it is executed later.
        late_.push_back({clock_.wallNow() + std::chrono::milliseconds(random_.below(5000)),
                         identity.choice,
                         identity.uuid});
        co_return fail(kWeather, "no answer in time");
    }
    Result<std::string> done = std::string();
    if (!take(identity.choice, identity.uuid)) done = fail(kNameInUse, "it is not free");
    co_return co_await answer(std::move(done));
}

net::Task<Result<std::string>> SimRegion::customise(Identity identity,
                                                    std::string vm,
                                                    const Spec&,
                                                    Secret) {
    PCG_CO_CHECK(co_await arrive());
    auto* machine = ours(vm, identity.uuid);
    if (machine == nullptr) co_return fail(kGone, "it is not allocated");
    machine->annotated = true;
    Result<std::string> done = std::string();
    co_return co_await answer(std::move(done));
}

net::Task<Result<std::string>> SimRegion::powerOn(Identity identity,
                                                  std::string vm,
                                                  const Spec&,
                                                  Secret) {
    PCG_CO_CHECK(co_await arrive());
    auto* machine = ours(vm, identity.uuid);
    if (machine == nullptr) co_return fail(kGone, "it is not ours");
    if (machine->status == Status::Taken) {
        machine->status = Status::Installing;
        machine->due = clock_.wallNow() + std::chrono::milliseconds(random_.below(4000));
        ++machine->installs;
    }
    Result<std::string> task = "install " + vm + " " + identity.uuid;
    co_return co_await answer(std::move(task));
}

net::Task<Result<std::string>> SimRegion::powerOff(std::string) { co_return std::string(); }

net::Task<Result<std::string>> SimRegion::destroy(Identity identity, std::string vm) {
    PCG_CO_CHECK(co_await arrive());
    auto* machine = ours(vm, identity.uuid);
    if (machine == nullptr) co_return fail(kGone, "it is not ours");
    if (machine->status != Status::Releasing) {
        machine->status = Status::Releasing;
        machine->due = clock_.wallNow() + std::chrono::milliseconds(random_.below(2000));
    }
    Result<std::string> task = "release " + vm + " " + identity.uuid;
    co_return co_await answer(std::move(task));
}

net::Task<Result<TaskEnd>> SimRegion::finish(std::string task) {
    clock_.advance(std::chrono::milliseconds(300));
    PCG_CO_CHECK(co_await arrive());
    const auto first = task.find(' ');
    const auto second = task.find(' ', first + 1);
    auto* machine = ours(task.substr(first + 1, second - first - 1), task.substr(second + 1));
    TaskEnd end;
    end.over = true;
    if (task.starts_with("install")) {
        if (machine == nullptr)
            end.fault = Error{kGone, "somebody released it"};
        else if (machine->status == Status::Failed)
            end.fault = Error{kInstallFailed, "the installation failed"};
        else
            end.over = machine->status != Status::Installing;
    } else {
        end.over = machine == nullptr;
    }
    Result<TaskEnd> seen = end;
    co_return co_await answer(std::move(seen));
}

net::Task<Result<std::vector<std::string>>> SimRegion::addresses(std::string vm) {
    PCG_CO_CHECK(co_await arrive());
    Result<std::vector<std::string>> found = std::vector<std::string>{};
    const auto machine = machines.find(vm);
    if (machine != machines.end() && machine->second.status == Status::Installed)
        found = std::vector<std::string>{"192.0.2.7"};
    co_return co_await answer(std::move(found));
}

}  // namespace pcg::controlplane::deploy
