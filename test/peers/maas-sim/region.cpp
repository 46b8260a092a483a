// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/region.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace pcg::maassim {
namespace {

tl::unexpected<Refusal> refuse(int status, std::string text) {
    return tl::unexpected(Refusal{status, std::move(text)});
}

tl::unexpected<Refusal> conflict(std::string text) { return refuse(409, std::move(text)); }

std::string quoted(Status status) { return "'" + std::string(statusName(status)) + "'"; }

bool isOneOf(Status status, std::initializer_list<Status> list) {
    return std::find(list.begin(), list.end(), status) != list.end();
}

// "4y3ha3" and its like: six of MAAS's letters, different for each number.
std::string systemId(int number) {
    constexpr std::string_view kLetters = "34678abcdefghkmnpqrstwxy";
    auto value = static_cast<std::uint64_t>(number) * 7919 + 104'729;
    std::string id;
    for (int i = 0; i < 6; ++i) {
        id += kLetters[value % kLetters.size()];
        value /= kLetters.size();
    }
    return id;
}

std::string hexOctets(int number) {
    std::array<char, 16> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%02x:%02x:%02x",
                  static_cast<unsigned>(number >> 16 & 255),
                  static_cast<unsigned>(number >> 8 & 255),
                  static_cast<unsigned>(number & 255));
    return text.data();
}

void equip(Machine& machine) {
    for (int i = 0; i < 4; ++i) {
        Interface one;
        one.id = machine.number * 8 + i + 1;
        one.name = "eth" + std::to_string(i);
        one.mac = "52:54:00:" + hexOctets(machine.number * 4 + i);
        one.subnet = i == 0 ? 1 : i == 1 ? 2 : 0;
        machine.interfaces.push_back(std::move(one));
    }
    for (int i = 0; i < 2; ++i) {
        const char letter = static_cast<char>('a' + i);
        machine.disks.push_back({machine.number * 4 + i + 1,
                                 std::string("sd") + letter,
                                 (i == 0 ? 120LL : 960LL) * 1'000'000'000LL});
    }
}

Machine newMachine(int number) {
    Machine machine;
    machine.number = number;
    machine.id = systemId(number);
    machine.hostname = "node-" + std::to_string(number + 1);
    machine.cpu_count = 4 << (number % 4);
    machine.memory = 8192 << (number % 4);
    machine.zone = number % 2 == 0 ? "az1" : "az2";
    machine.tags = {"virtual"};
    if (number % 3 == 0) machine.tags.insert("gpu");
    machine.power_parameters = {{"power_address", "10.255.0." + std::to_string(number % 250 + 1)},
                                {"power_user", "maas"},
                                {"power_pass", "bmc-secret-" + std::to_string(number)}};
    equip(machine);
    return machine;
}

std::string addressOf(const Machine& machine, const Interface& interface) {
    const int number = machine.number + 10;
    const std::string net = interface.subnet == 1 ? "10.0." : "192.168.";
    return net + std::to_string(number / 250 % 250) + "." + std::to_string(number % 250 + 1);
}

}  // namespace

std::string_view statusName(Status status) {
    constexpr std::array<std::string_view, 23> kNames{"New",
                                                      "Commissioning",
                                                      "Failed commissioning",
                                                      "Missing",
                                                      "Ready",
                                                      "Reserved",
                                                      "Deployed",
                                                      "Retired",
                                                      "Broken",
                                                      "Deploying",
                                                      "Allocated",
                                                      "Failed deployment",
                                                      "Releasing",
                                                      "Releasing failed",
                                                      "Disk erasing",
                                                      "Failed disk erasing",
                                                      "Rescue mode",
                                                      "Entering rescue mode",
                                                      "Failed to enter rescue mode",
                                                      "Exiting rescue mode",
                                                      "Failed to exit rescue mode",
                                                      "Testing",
                                                      "Failed testing"};
    return kNames[static_cast<std::size_t>(status)];
}

Timings Timings::scaled(double scale) const {
    const auto by = [&](Millis time) {
        return static_cast<Millis>(static_cast<double>(time) * scale);
    };
    return {by(deploy), by(release), by(erase), by(power), by(commission), by(test), by(rescue)};
}

Region::Region(RegionOptions options)
    : zones{{1, "default", ""}, {2, "az1", "First room"}, {3, "az2", "Second room"}},
      pools{{0, "default", "Default pool"}, {1, "pool1", "A pool"}},
      tags{{"gpu", "Has a GPU"}, {"virtual", ""}},
      options_(options) {
    for (int number = 0; number < options.machines; ++number) add(newMachine(number));
}

Machine& Region::add(Machine machine) {
    if (machine.id.empty()) {
        machine.number = static_cast<int>(machines.size()) + 10'000 + next_id++;
        machine.id = systemId(machine.number);
        equip(machine);
    }
    machines.push_back(std::move(machine));
    by_id_[machines.back().id] = &machines.back();
    return machines.back();
}

void Region::erase(const std::string& id) {
    by_id_.erase(id);
    machines.remove_if([&](const Machine& machine) { return machine.id == id; });
}

Machine* Region::find(const std::string& id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

Found Region::require(const std::string& id) {
    if (auto* machine = find(id)) return machine;
    return refuse(404, "No Machine matches the given query.");
}

void Region::note(const Machine& machine,
                  const User& user,
                  const std::string& type,
                  const std::string& description,
                  const std::string& level) {
    if (events.size() >= kMostEvents) events.erase(events.begin(), events.begin() + 1000);
    events.push_back(
        {next_event_++, user.name, machine.id, machine.hostname, level, type, description, unix_});
}

void Region::change(Machine& machine, Status to, const std::string& by) {
    machine.status_message = "From " + quoted(machine.status) + " to " + quoted(to) +
                             (by.empty() ? "" : " (to " + by + ")");
    machine.status = to;
    machine.next.reset();
    note(machine, {by, false}, "Node changed status", machine.status_message);
}

void Region::later(Machine& machine, Status to, Millis after) {
    machine.next = to;
    machine.due = now_ + after;
    due_.emplace(machine.due, machine.id);
}

void Region::settlePower(Machine& machine, const std::string& state, Millis after) {
    machine.next_power = state;
    machine.power_at = now_ + after;
    power_due_.emplace(machine.power_at, machine.id);
}

void Region::forget(Machine& machine) {
    machine.owner.clear();
    machine.owner_data.clear();
    machine.agent_name.clear();
    machine.osystem.clear();
    machine.distro_series.clear();
    machine.hwe_kernel.clear();
    machine.user_data.clear();
    machine.netboot = true;
    machine.ephemeral = false;
    machine.will_fail = false;
    machine.locked = false;
    machine.error_description.clear();
    for (auto& interface : machine.interfaces) interface.ip.clear();
}

void Region::arrived(Machine& machine, Status from) {
    if (machine.status == Status::Deployed && from == Status::Deploying) {
        machine.netboot = false;
        machine.power_state = "on";
        for (auto& interface : machine.interfaces) {
            if (interface.subnet > 0) interface.ip = addressOf(machine, interface);
        }
    }
    if (machine.status == Status::Ready && from != Status::RescueMode) {
        forget(machine);
        machine.power_state = "off";
        machine.next_power.clear();
    }
    if (machine.status == Status::Releasing) later(machine, Status::Ready, 0);
}

void Region::reach(Machine& machine) {
    const auto from = machine.status;
    const auto to = *machine.next;
    change(machine, to);
    arrived(machine, from);
}

void Region::advance(Millis now, std::int64_t unix_seconds) {
    unix_ = unix_seconds;
    now_ = std::max(now_, now);
    while (!power_due_.empty() && power_due_.begin()->first <= now_) {
        const auto one = power_due_.extract(power_due_.begin());
        auto* machine = find(one.mapped());
        const bool stands = machine != nullptr && !machine->next_power.empty();
        if (stands && machine->power_at == one.key()) {
            machine->power_state = std::exchange(machine->next_power, {});
        }
    }
    while (!due_.empty() && due_.begin()->first <= now_) {
        const auto one = due_.extract(due_.begin());
        auto* machine = find(one.mapped());
        // What was decided since has another time.
        if (machine != nullptr && machine->next && machine->due == one.key()) reach(*machine);
    }
}

Done Region::mayEdit(const Machine& machine, const User& user) const {
    if (machine.locked) return refuse(403, "");
    if (!user.admin && !machine.owner.empty() && machine.owner != user.name) return refuse(403, "");
    return {};
}

Done Region::acquire(Machine& machine, const User& user, const std::string& agent) {
    if (machine.status != Status::Ready) {
        return conflict("No machine with system ID " + machine.id + " available.");
    }
    machine.owner = user.name;
    machine.agent_name = agent;
    change(machine, Status::Allocated, user.name);
    return {};
}

Done Region::deploy(Machine& machine, const User& user, const DeployArguments& arguments) {
    if (machine.status == Status::Ready) {
        if (auto acquired = acquire(machine, user, arguments.agent_name); !acquired)
            return acquired;
    }
    if (auto may = mayEdit(machine, user); !may) return may;
    if (machine.status != Status::Allocated) {
        return conflict("Can't deploy a machine that is in the " + quoted(machine.status) +
                        " state");
    }
    machine.user_data = arguments.user_data;
    machine.osystem = arguments.osystem;
    machine.distro_series = arguments.distro_series;
    machine.hwe_kernel = arguments.hwe_kernel;
    machine.ephemeral = arguments.ephemeral;
    machine.hw_sync = arguments.hw_sync;
    const bool fails = failing_installs_ > 0;
    if (fails) --failing_installs_;
    change(machine, Status::Deploying, user.name);
    settlePower(machine, "on", options_.timings.power);
    later(machine, fails ? Status::FailedDeployment : Status::Deployed, options_.timings.deploy);
    return {};
}

Done Region::releasable(const Machine& machine) const {
    if (isOneOf(machine.status,
                {Status::Allocated,
                 Status::Reserved,
                 Status::Broken,
                 Status::Deploying,
                 Status::Deployed,
                 Status::FailedDeployment,
                 Status::FailedDiskErasing,
                 Status::ReleasingFailed,
                 Status::Releasing,
                 Status::Ready})) {
        return {};
    }
    return conflict("Machine cannot be released in its current state (" + quoted(machine.status) +
                    ").");
}

Done Region::release(Machine& machine, const User& user, const ReleaseArguments& arguments) {
    if (auto may = mayEdit(machine, user); !may) return may;
    if (isOneOf(machine.status, {Status::Releasing, Status::Ready})) return {};
    if (auto may = releasable(machine); !may) return may;
    if (arguments.erase) {
        change(machine, Status::DiskErasing, user.name);
        later(machine, Status::Releasing, options_.timings.erase);
        return {};
    }
    change(machine, Status::Releasing, user.name);
    const bool was_off = machine.power_state == "off" && machine.next_power != "on";
    if (was_off) {
        machine.next = Status::Ready;
        reach(machine);
        return {};
    }
    settlePower(machine, "off", options_.timings.power);
    later(machine, Status::Ready, options_.timings.release);
    return {};
}

Done Region::lock(Machine& machine, const User&) {
    if (machine.locked) return conflict("Machine is already locked");
    if (!isOneOf(machine.status, {Status::Deployed, Status::Deploying})) {
        return conflict("Can't lock, node is not deployed or deploying");
    }
    machine.locked = true;
    return {};
}

Done Region::unlock(Machine& machine, const User&) {
    if (!machine.locked) return conflict("Machine is not locked");
    machine.locked = false;
    return {};
}

Done Region::powerOn(Machine& machine, const User& user) {
    if (auto may = mayEdit(machine, user); !may) return may;
    if (machine.owner.empty() &&
        !isOneOf(machine.status, {Status::Broken, Status::RescueMode, Status::Reserved})) {
        return conflict("Can't start node: it hasn't been allocated.");
    }
    settlePower(machine, "on", options_.timings.power);
    return {};
}

tl::expected<bool, Refusal> Region::powerOff(Machine& machine, const User& user) {
    if (auto may = mayEdit(machine, user); !may) return tl::unexpected(may.error());
    if (machine.power_state == "off") return false;
    settlePower(machine, "off", options_.timings.power);
    return true;
}

}  // namespace pcg::maassim
