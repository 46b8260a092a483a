// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "test/peers/maas-sim/api.h"
#include "test/peers/maas-sim/render.h"

#include <algorithm>

namespace pcg::maassim {
namespace {

namespace json = codec::json;

Interface* interfaceOf(Machine& machine, const std::string& id) {
    const auto found = std::find_if(
        machine.interfaces.begin(), machine.interfaces.end(), [&](const Interface& one) {
            return std::to_string(one.id) == id || one.name == id;
        });
    return found == machine.interfaces.end() ? nullptr : &*found;
}

Reply shown(const Region& region, const Machine& machine, const Done& done) {
    return done ? Reply::json(machineJson(region, machine)) : Reply::refused(done.error());
}

}  // namespace

#define PCG_MAASSIM_TARGET(ids)                 \
    Reply refusal;                              \
    auto* const machine = target(ids, refusal); \
    if (machine == nullptr) return refusal

Reply Api::deploy(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    const auto& form = request.form;
    DeployArguments arguments;
    arguments.agent_name = textOf(form, "agent_name");
    arguments.user_data = textOf(form, "user_data");
    auto series = textOf(form, "distro_series");
    const auto slash = series.find('/');
    const auto osystem = textOf(form, "osystem");
    arguments.osystem = !osystem.empty()             ? osystem
                        : slash != std::string::npos ? series.substr(0, slash)
                                                     : "ubuntu";
    if (slash != std::string::npos) series.erase(0, slash + 1);
    arguments.distro_series = series.empty() ? "jammy" : series;
    arguments.hwe_kernel = textOf(form, "hwe_kernel");
    arguments.ephemeral = isTrue(form, "ephemeral_deploy");
    arguments.hw_sync = isTrue(form, "enable_hw_sync");
    return shown(region_, *machine, region_.deploy(*machine, *request.user, arguments));
}

Reply Api::release(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    const ReleaseArguments arguments{isTrue(request.form, "erase"), isTrue(request.form, "force")};
    return shown(region_, *machine, region_.release(*machine, *request.user, arguments));
}

Reply Api::lock(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.lock(*machine, *request.user));
}

Reply Api::unlock(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.unlock(*machine, *request.user));
}

Reply Api::powerOn(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.powerOn(*machine, *request.user));
}

Reply Api::powerOff(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    const auto done = region_.powerOff(*machine, *request.user);
    if (!done) return Reply::refused(done.error());
    return *done ? Reply::json(machineJson(region_, *machine)) : Reply::json(nullptr);
}

Reply Api::queryPower(const Request&, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return Reply::json(json::Object().set("state", machine->power_state));
}

Reply Api::powerParameters(const Request&, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    json::Object object;
    for (const auto& [name, value] : machine->power_parameters) object.set(name, value);
    return Reply::json(std::move(object));
}

Reply Api::getToken(const Request&, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return Reply::json(json::Object()
                           .set("token_key", "node-token-" + machine->id)
                           .set("token_secret", "node-secret-" + machine->id)
                           .set("consumer_key", "node-consumer"));
}

Reply Api::curtinConfig(const Request&, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return Reply::text(200, "apt:\n  preserve_sources_list: false\nsecret: " + machine->id + "\n");
}

Reply Api::machineDetails(const Request&, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return Reply::json(json::Object().set("lshw", "").set("lldp", ""));
}

Reply Api::commission(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.commission(*machine, *request.user));
}

Reply Api::testMachine(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.test(*machine, *request.user));
}

Reply Api::abortMachine(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.abort(*machine, *request.user));
}

Reply Api::markBroken(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    const auto why = textOf(request.form, "comment");
    return shown(region_, *machine, region_.markBroken(*machine, *request.user, why));
}

Reply Api::markFixed(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.markFixed(*machine, *request.user));
}

Reply Api::rescue(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.rescue(*machine, *request.user));
}

Reply Api::exitRescue(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    return shown(region_, *machine, region_.exitRescue(*machine, *request.user));
}

Reply Api::setOwnerData(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    if (auto may = region_.mayEdit(*machine, *request.user); !may)
        return Reply::refused(may.error());
    for (const auto& [name, value] : request.form) {
        if (name == "op" || oauth::isOAuthName(name)) continue;
        if (value.empty()) machine->owner_data.erase(name);
        if (!value.empty()) machine->owner_data[name] = value;
    }
    return Reply::json(machineJson(region_, *machine));
}

Reply Api::listInterfaces(const Request&, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    json::Array list;
    for (const auto& one : machine->interfaces) {
        list.emplace_back(interfaceJson(region_, *machine, one));
    }
    return Reply::json(std::move(list));
}

Reply Api::readInterface(const Request&, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    const auto* one = interfaceOf(*machine, ids[1]);
    if (one == nullptr) return Reply::text(404, "No Interface matches the given query.");
    return Reply::json(interfaceJson(region_, *machine, *one));
}

Reply Api::updateInterface(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    auto* one = interfaceOf(*machine, ids[1]);
    if (one == nullptr) return Reply::text(404, "No Interface matches the given query.");
    if (const auto* name = oauth::lastOf(request.form, "name")) one->name = *name;
    if (const auto* mac = oauth::lastOf(request.form, "mac_address")) one->mac = *mac;
    return Reply::json(interfaceJson(region_, *machine, *one));
}

Reply Api::linkSubnet(const Request& request, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    auto* one = interfaceOf(*machine, ids[1]);
    if (one == nullptr) return Reply::text(404, "No Interface matches the given query.");
    const auto mode = toLowerAscii(textOf(request.form, "mode"));
    if (mode != "dhcp" && mode != "static" && mode != "auto" && mode != "link_up") {
        return Reply::field(
            "mode", "Select a valid choice. " + mode + " is not one of the available choices.");
    }
    const auto subnet = textOf(request.form, "subnet");
    one->mode = mode;
    one->subnet = subnet == "2" || subnet == "192.168.0.0/16" ? 2 : 1;
    one->ip = mode == "static" ? textOf(request.form, "ip_address") : std::string();
    return Reply::json(interfaceJson(region_, *machine, *one));
}

Reply Api::unlinkSubnet(const Request&, const Ids& ids) {
    PCG_MAASSIM_TARGET(ids);
    auto* one = interfaceOf(*machine, ids[1]);
    if (one == nullptr) return Reply::text(404, "No Interface matches the given query.");
    one->subnet = 0;
    one->ip.clear();
    return Reply::json(interfaceJson(region_, *machine, *one));
}

#undef PCG_MAASSIM_TARGET

}  // namespace pcg::maassim
