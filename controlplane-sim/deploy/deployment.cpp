// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/deployment.h"

#include "controlplane-sim/deploy/errc.h"

#include <algorithm>
#include <set>

namespace pcg::controlplane::deploy {
namespace {

constexpr std::size_t kIdSymbols = 26;
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

bool isDone(const Machine& machine) { return machine.wished && machine.phase == Phase::Ready; }

int wishedOf(const std::vector<Machine>& machines, Role role) {
    return static_cast<int>(std::count_if(machines.begin(), machines.end(), [&](const Machine& m) {
        return m.role == role && m.wished;
    }));
}

int countOf(const Counts& counts, Role role) {
    return role == Role::ControlPlane ? counts.controlPlane : counts.workers;
}

}  // namespace

Result<DeploymentId> parseDeploymentId(std::string_view text) {
    const auto rest = text.substr(std::min(text.size(), DeploymentTag::kPrefix.size()));
    if (text.starts_with(DeploymentTag::kPrefix) && rest.size() == kIdSymbols &&
        rest.find_first_not_of(kAlphabet) == std::string_view::npos)
        return DeploymentId::unchecked(std::string(text));
    return fail(kNoSuchDeployment, "That is not a deployment id.");
}

std::string_view stateName(const Deployment& deployment) {
    bool failed = deployment.planFailed;
    bool busy = false;
    for (const auto& machine : deployment.machines) {
        failed = failed || machine.failed;
        busy = busy || (!machine.failed && !isDone(machine));
    }
    if (deployment.deleting) return failed && !busy ? "failed" : "deleting";
    if (deployment.planFailed) return "failed";
    if (deployment.placement.empty()) return "planning";
    if (busy) return deployment.wasReady ? "scaling" : "deploying";
    return failed ? "failed" : "ready";
}

std::vector<Machine> leftBehind(const Deployment& deployment) {
    std::vector<Machine> left;
    for (const auto& machine : deployment.machines) {
        if (machine.cloneSent || machine.late || !machine.vm.empty() || !machine.task.empty())
            left.push_back(machine);
    }
    return left;
}

Progress progressOf(const Deployment& deployment) {
    Progress progress;
    progress.total = deployment.machines.size();
    progress.done = static_cast<std::size_t>(
        std::count_if(deployment.machines.begin(), deployment.machines.end(), isDone));
    return progress;
}

std::vector<Machine> added(const std::string& deployment,
                           const std::vector<Machine>& present,
                           const Counts& counts,
                           Origin origin,
                           Random& random,
                           WallTime now) {
    std::vector<Machine> more;
    for (const Role role : {Role::ControlPlane, Role::Worker}) {
        std::set<int> taken;
        for (const auto& machine : present) {
            if (machine.role == role) taken.insert(machine.ordinal);
        }
        int ordinal = 1;
        for (int missing = countOf(counts, role) - wishedOf(present, role); missing > 0;) {
            while (taken.contains(ordinal)) ++ordinal;
            taken.insert(ordinal);
            --missing;
            Machine machine;
            machine.name = machineName(deployment, role, ordinal);
            machine.role = role;
            machine.ordinal = ordinal;
            machine.uuid = newUuid(random);
            machine.origin = origin;
            machine.changedAt = now;
            more.push_back(std::move(machine));
        }
    }
    return more;
}

std::vector<std::string> surplus(const std::vector<Machine>& present, const Counts& counts) {
    std::vector<std::string> names;
    for (const Role role : {Role::ControlPlane, Role::Worker}) {
        std::vector<const Machine*> wished;
        for (const auto& machine : present) {
            if (machine.role == role && machine.wished) wished.push_back(&machine);
        }
        std::sort(wished.begin(), wished.end(), [](const Machine* a, const Machine* b) {
            return a->ordinal > b->ordinal;
        });
        const auto keep = static_cast<std::size_t>(countOf(counts, role));
        for (std::size_t i = 0; i + keep < wished.size(); ++i) names.push_back(wished[i]->name);
    }
    return names;
}

}  // namespace pcg::controlplane::deploy
