// SPDX-License-Identifier: Apache-2.0
// The rarer transitions: commissioning, tests, rescue mode, broken machines.
#include "test/peers/maas-sim/region.h"

namespace pcg::maassim {
namespace {

tl::unexpected<Refusal> badTransition(Status from, Status to) {
    return tl::unexpected(Refusal{409,
                                  "Invalid transition: " + std::string(statusName(from)) + " -> " +
                                      std::string(statusName(to)) + "."});
}

bool isIdle(Status status) {
    return status == Status::Ready || status == Status::New || status == Status::Broken ||
           status == Status::FailedCommissioning || status == Status::FailedTesting;
}

}  // namespace

Done Region::commission(Machine& machine, const User& user) {
    if (auto may = mayEdit(machine, user); !may) return may;
    if (!isIdle(machine.status)) return badTransition(machine.status, Status::Commissioning);
    change(machine, Status::Commissioning, user.name);
    later(machine, Status::Ready, options_.timings.commission);
    return {};
}

Done Region::test(Machine& machine, const User& user) {
    if (auto may = mayEdit(machine, user); !may) return may;
    if (!isIdle(machine.status) && machine.status != Status::Deployed) {
        return badTransition(machine.status, Status::Testing);
    }
    const auto before = machine.status == Status::Deployed ? Status::Deployed : Status::Ready;
    change(machine, Status::Testing, user.name);
    later(machine, before, options_.timings.test);
    return {};
}

Done Region::abort(Machine& machine, const User& user) {
    if (auto may = mayEdit(machine, user); !may) return may;
    switch (machine.status) {
        case Status::Commissioning:
            change(machine, Status::New, user.name);
            return {};
        case Status::Deploying:
            change(machine, Status::Allocated, user.name);
            return {};
        case Status::DiskErasing:
            change(machine, Status::FailedDiskErasing, user.name);
            return {};
        case Status::Testing:
            change(machine, Status::FailedTesting, user.name);
            return {};
        default:
            return tl::unexpected(Refusal{409,
                                          "Unable to abort: node is in the '" +
                                              std::string(statusName(machine.status)) +
                                              "' state."});
    }
}

Done Region::markBroken(Machine& machine, const User& user, const std::string& why) {
    if (auto may = mayEdit(machine, user); !may) return may;
    machine.error_description = why;
    change(machine, Status::Broken, user.name);
    return {};
}

Done Region::markFixed(Machine& machine, const User& user) {
    if (auto may = mayEdit(machine, user); !may) return may;
    if (machine.status != Status::Broken) return badTransition(machine.status, Status::Ready);
    change(machine, Status::Ready, user.name);
    forget(machine);
    return {};
}

Done Region::rescue(Machine& machine, const User& user) {
    if (auto may = mayEdit(machine, user); !may) return may;
    if (!isIdle(machine.status) && machine.status != Status::Deployed) {
        return badTransition(machine.status, Status::EnteringRescueMode);
    }
    machine.before = machine.status;
    change(machine, Status::EnteringRescueMode, user.name);
    later(machine, Status::RescueMode, options_.timings.rescue);
    return {};
}

Done Region::exitRescue(Machine& machine, const User& user) {
    if (auto may = mayEdit(machine, user); !may) return may;
    if (machine.status != Status::RescueMode) {
        return badTransition(machine.status, Status::ExitingRescueMode);
    }
    change(machine, Status::ExitingRescueMode, user.name);
    later(machine, machine.before, options_.timings.rescue);
    return {};
}

}  // namespace pcg::maassim
