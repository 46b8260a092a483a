// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "test/peers/maas-sim/api.h"
#include "test/peers/maas-sim/constraints.h"
#include "test/peers/maas-sim/render.h"

#include <algorithm>

namespace pcg::maassim {
namespace {

namespace json = codec::json;

// The list as an array, one machine at a time: 5,000 of them are 90 MB.
Reply streamed(Region& region, std::vector<const Machine*> list) {
    struct State {
        std::vector<const Machine*> list;
        std::size_t at = 0;
        bool over = false;
    };

    const auto state = std::make_shared<State>(State{std::move(list)});
    Reply reply;
    reply.pieces = [&region, state](std::string& piece) {
        if (state->over) return false;
        piece = state->at == 0 ? "[" : ",";
        if (state->at < state->list.size()) {
            piece += json::write(machineJson(region, *state->list[state->at++]));
        } else {
            piece = state->at == 0 ? "[]" : "]";
            state->over = true;
        }
        return true;
    };
    return reply;
}

bool isHostname(const std::string& text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= 255 && text.front() != '-' && text.back() != '-' &&
           std::all_of(text.begin(), text.end(), allowed);
}

bool fitsFilter(const Machine& machine, const oauth::Parameters& query) {
    const auto wants = [&](const char* name, const auto& holds) {
        const auto values = oauth::allOf(query, name);
        return values.empty() || std::any_of(values.begin(), values.end(), holds);
    };
    const auto is = [](const std::string& text) {
        return [&text](const std::string& value) { return value == text; };
    };
    return wants("hostname", is(machine.hostname)) && wants("id", is(machine.id)) &&
           wants("zone", is(machine.zone)) && wants("pool", is(machine.pool)) &&
           wants("owner", is(machine.owner)) && wants("agent_name", is(machine.agent_name)) &&
           wants("status",
                 [&](const std::string& value) {
                     return equalsIgnoreCaseAscii(value, statusName(machine.status));
                 }) &&
           wants("tags", [&](const std::string& tag) { return machine.tags.contains(tag); }) &&
           wants("mac_address", [&](const std::string& mac) {
               return std::any_of(machine.interfaces.begin(),
                                  machine.interfaces.end(),
                                  [&](const Interface& one) { return one.mac == mac; });
           });
}

}  // namespace

Reply Api::listMachines(const Request& request, const Ids&) {
    std::vector<const Machine*> list;
    for (const auto& machine : region_.machines) {
        if (fitsFilter(machine, request.query_parameters)) list.push_back(&machine);
    }
    return streamed(region_, std::move(list));
}

Reply Api::listAllocated(const Request& request, const Ids&) {
    std::vector<const Machine*> list;
    for (const auto& machine : region_.machines) {
        if (machine.owner == request.user->name) list.push_back(&machine);
    }
    return streamed(region_, std::move(list));
}

Reply Api::createMachine(const Request& request, const Ids&) {
    if (textOf(request.form, "architecture").empty()) {
        return Reply::field("architecture", "This field is required.");
    }
    Machine machine;
    machine.hostname = textOf(request.form, "hostname");
    if (machine.hostname.empty()) machine.hostname = "new-" + std::to_string(region_.next_id);
    if (!isHostname(machine.hostname)) {
        return Reply::field("hostname", "Label cannot contain a character that is not allowed.");
    }
    machine.architecture = textOf(request.form, "architecture");
    machine.status = Status::Ready;
    return Reply::json(machineJson(region_, region_.add(std::move(machine))));
}

Reply Api::allocate(const Request& request, const Ids&) {
    const auto constraints = Constraints::parse(region_, request.form);
    if (!constraints) return constraints.error();
    const auto wanted = textOf(request.form, "system_id");
    for (auto& machine : region_.machines) {
        if (machine.status != Status::Ready || machine.locked || !constraints->fits(machine))
            continue;
        if (!isTrue(request.form, "dry_run")) {
            const auto done =
                region_.acquire(machine, *request.user, textOf(request.form, "agent_name"));
            if (!done) return Reply::refused(done.error());
        }
        auto shown = machineJson(region_, machine);
        json::Object by_type;
        for (const auto* kind : {"interfaces", "storage"}) {
            json::Object labels;
            for (const auto& text : oauth::allOf(request.form, kind)) {
                for (const auto label : split(text, ';')) {
                    const auto name = label.substr(0, label.find(':'));
                    json::Array ids;
                    ids.emplace_back(std::string_view(kind) == "storage"
                                         ? machine.disks.front().id
                                         : machine.interfaces.front().id);
                    if (!name.empty()) labels.set(name, std::move(ids));
                }
            }
            if (labels.size() > 0) by_type.set(kind, std::move(labels));
        }
        shown.set("constraints_by_type", std::move(by_type));
        return Reply::json(std::move(shown));
    }
    if (constraints->empty()) return Reply::text(409, "No machine available.");
    if (!wanted.empty()) {
        return Reply::text(409, "No machine with system ID " + wanted + " available.");
    }
    return Reply::text(409,
                       "No available machine matches constraints: " + constraints->described());
}

// All of them or none.
Reply Api::releaseMany(const Request& request, const Ids&) {
    const auto ids = oauth::allOf(request.form, "machines");
    std::vector<Machine*> list;
    std::string unknown, forbidden, wrong;
    for (const auto& id : ids) {
        auto* machine = region_.find(id);
        if (machine == nullptr) {
            unknown += (unknown.empty() ? "" : ", ") + id;
            continue;
        }
        if (!region_.mayEdit(*machine, *request.user)) {
            forbidden += (forbidden.empty() ? "" : ", ") + id;
        } else if (!region_.releasable(*machine)) {
            wrong += (wrong.empty() ? "" : ", ") + id + " ('" +
                     std::string(statusName(machine->status)) + "')";
        }
        list.push_back(machine);
    }
    if (!unknown.empty()) return Reply::text(400, "Unknown machine(s): " + unknown + ".");
    if (!forbidden.empty()) {
        return Reply::text(403,
                           "You don't have the required permission to release the following "
                           "machine(s): " +
                               forbidden + ".");
    }
    if (!wrong.empty()) {
        return Reply::text(409,
                           "Machine(s) cannot be released in their current state: " + wrong + ".");
    }
    json::Array released;
    const ReleaseArguments arguments{isTrue(request.form, "erase"), isTrue(request.form, "force")};
    for (auto* machine : list) {
        const bool changes =
            machine->status != Status::Ready && machine->status != Status::Releasing;
        if (region_.release(*machine, *request.user, arguments) && changes) {
            released.emplace_back(machine->id);
        }
    }
    return Reply::json(std::move(released));
}

Reply Api::acceptAll(const Request&, const Ids&) { return Reply::json(json::Array()); }

Reply Api::readMachine(const Request&, const Ids& ids) {
    Reply refusal;
    const auto* machine = target(ids, refusal);
    return machine == nullptr ? refusal : Reply::json(machineJson(region_, *machine));
}

Reply Api::updateMachine(const Request& request, const Ids& ids) {
    Reply refusal;
    auto* machine = target(ids, refusal);
    if (machine == nullptr) return refusal;
    if (auto may = region_.mayEdit(*machine, *request.user); !may)
        return Reply::refused(may.error());
    const auto& form = request.form;
    if (const auto* name = oauth::lastOf(form, "hostname")) {
        if (!isHostname(*name)) {
            return Reply::field("hostname",
                                "Label cannot contain a character that is not allowed.");
        }
        machine->hostname = *name;
    }
    if (const auto* swap = oauth::lastOf(form, "swap_size")) {
        const auto size = parseUnsigned(*swap);
        if (!size) return Reply::field("swap_size", "Enter a whole number.");
        machine->swap_size = static_cast<int>(*size);
    }
    if (const auto* text = oauth::lastOf(form, "description")) machine->description = *text;
    for (auto [name, field, places] : {std::tuple{"zone", &machine->zone, &region_.zones},
                                       std::tuple{"pool", &machine->pool, &region_.pools}}) {
        const auto* value = oauth::lastOf(form, name);
        if (value == nullptr) continue;
        const bool known = std::any_of(places->begin(), places->end(), [&](const Place& place) {
            return place.name == *value;
        });
        if (!known) {
            return Reply::field(name,
                                "Select a valid choice. That choice is not one of the available "
                                "choices.");
        }
        *field = *value;
    }
    for (const auto& [name, value] : form) {
        constexpr std::string_view kPrefix = "power_parameters_";
        if (name.starts_with(kPrefix))
            machine->power_parameters[name.substr(kPrefix.size())] = value;
    }
    return Reply::json(machineJson(region_, *machine));
}

Reply Api::deleteMachine(const Request& request, const Ids& ids) {
    Reply refusal;
    const auto* machine = target(ids, refusal);
    if (machine == nullptr) return refusal;
    if (auto may = region_.mayEdit(*machine, *request.user); !may)
        return Reply::refused(may.error());
    region_.erase(ids.front());
    return Reply::text(204, "");
}

}  // namespace pcg::maassim
