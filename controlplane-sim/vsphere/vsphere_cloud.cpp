// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/vsphere_cloud.h"

#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/vsphere/errc.h"
#include "controlplane-sim/vsphere/placement.h"
#include "controlplane-sim/vsphere/responses.h"

#include <algorithm>

namespace pcg::controlplane::vsphere {
namespace {

constexpr std::chrono::seconds kTaskWait{20};
constexpr std::chrono::seconds kAddressWait{20};
// Named, because GCC 12 destroys a braced temporary of a co_await expression twice.
const std::vector<std::string> kMachines{"VirtualMachine"};
const std::vector<std::string> kFolders{"Folder"};
const std::vector<std::string> kPools{"ResourcePool", "VirtualApp"};
const std::vector<std::string> kDatastores{"Datastore"};
const std::vector<std::string> kNetworks{"DistributedVirtualPortgroup", "Network"};

constexpr auto kMark = "guestinfo.pcg.machine";

// The same error in the words that the state machine decides by.
Error translated(Error error) {
    const auto as = [&](ErrorCode code) { return Error{code, error.message()}; };
    if (error.is(kExists)) return as(deploy::kNameInUse);
    if (error.is(kNotFound)) return as(deploy::kGone);
    if (error.is(kPowerState)) return as(deploy::kPowerState);
    if (error.is(kNotSent)) return as(deploy::kNotSent);
    if (error.is(kInvalidLogin))
        return {deploy::kRejected,
                "The endpoint does not accept the orchestrator's access key: give it another one "
                "(PUT /gateways/{id}/endpoints/{endpoint_id}/orchestrator-key), then retry."};
    if (error.is(kNoPermission))
        return {deploy::kRejected,
                "The orchestrator's access key may not do this (" + error.message() +
                    "): give it a key with the role deploy, then retry."};
    return error;
}

template <class T>
Result<T> translated(Result<T> result) {
    if (result) return result;
    return fail(translated(std::move(result).error()));
}

Result<std::string> taskOf(Result<Ref> task) {
    if (task) return std::move(task->id);
    return fail(translated(std::move(task).error()));
}

Ref machineRef(std::string vm) { return {"VirtualMachine", std::move(vm)}; }

std::string markOf(const deploy::Identity& identity) {
    return identity.deployment + "/" + identity.uuid;
}

// The last one counts: a later entry replaces an earlier one.
std::string_view extraConfigOf(const xml::Element& entries, std::string_view key) {
    std::string_view value;
    for (const auto& entry : entries.children) {
        if (entry.textAt("key") == key) value = entry.textAt("value");
    }
    return value;
}

bool hasAddress(const std::vector<PropertyChange>& changes) {
    return std::any_of(changes.begin(), changes.end(), [](const PropertyChange& change) {
        return change.name == "guest.ipAddress" && !change.value.text.empty();
    });
}

// What can be reached from outside of the machine.
bool isUsable(std::string_view address) {
    return !address.empty() && !address.starts_with("fe80:") && !address.starts_with("169.254.") &&
           !address.starts_with("127.") && address != "::1" && address.size() <= 64;
}

std::vector<std::string> addressesOf(const ObjectContent& machine) {
    constexpr std::size_t kMost = 32;
    std::vector<std::string> found;
    const auto add = [&](std::string_view address) {
        const bool known = std::find(found.begin(), found.end(), address) != found.end();
        if (isUsable(address) && !known && found.size() < kMost) found.emplace_back(address);
    };
    add(machine.text("guest.ipAddress"));
    if (const auto* cards = machine.find("guest.net")) {
        for (const auto& card : cards->children) {
            for (const auto& child : card.children) {
                if (child.name == "ipAddress") add(child.text);
            }
        }
    }
    return found;
}

}  // namespace

net::Task<Result<Ref>> VSphereCloud::resolve(std::string field,
                                             std::string name,
                                             std::vector<std::string> types) {
    const auto wrong = [&](const std::string& why) {
        return fail(deploy::kRejected, "\"" + field + "\" (" + name + ") " + why);
    };
    const auto isWanted = [&](const Ref& ref) {
        return std::find(types.begin(), types.end(), ref.type) != types.end();
    };
    // A managed object id is one if the object of that type is there.
    if (name.find('/') == std::string::npos && name.find('-') != std::string::npos) {
        for (const auto& type : types) {
            std::vector<std::string> paths{"name"};
            Ref candidate{type, name};
            const auto read = co_await client_.read(candidate, std::move(paths));
            if (read) co_return candidate;
            if (!read.error().isInput()) co_return fail(translated(read.error()));
        }
    }
    auto path = name;
    if (path.starts_with('/')) path.erase(0, 1);
    const auto found = co_await client_.findByPath(path);
    if (!found) co_return fail(translated(found.error()));
    if (!*found)
        co_return wrong(
            "is not there. Write it as its inventory path (DC0/vm/templates/name) or as its id; "
            "GET .../inventory lists both.");
    if (!isWanted(**found)) co_return wrong("is a " + (*found)->type + ", not what is needed.");
    co_return **found;
}

// The root pool of what the source runs on.
net::Task<Result<Ref>> VSphereCloud::poolOf(Ref source) {
    std::vector<std::string> paths{"runtime.host", "resourcePool"};
    PCG_CO_TRY(const auto machine, co_await client_.read(std::move(source), std::move(paths)));
    if (auto pool = responses::refOf(machine.find("resourcePool"))) co_return std::move(*pool);
    auto host = responses::refOf(machine.find("runtime.host"));
    if (!host)
        co_return fail(deploy::kRejected,
                       "\"resource_pool\" is needed: the template says nothing of where it is.");
    std::vector<std::string> parent{"parent"};
    PCG_CO_TRY(const auto onHost, co_await client_.read(std::move(*host), std::move(parent)));
    auto compute = responses::refOf(onHost.find("parent"));
    if (!compute) co_return fail(kBadAnswer, "the endpoint shows a host without a parent");
    std::vector<std::string> pools{"resourcePool"};
    PCG_CO_TRY(const auto resource, co_await client_.read(std::move(*compute), std::move(pools)));
    auto pool = responses::refOf(resource.find("resourcePool"));
    if (!pool) co_return fail(deploy::kRejected, "\"resource_pool\" is needed here.");
    co_return std::move(*pool);
}

net::Task<Result<xml::Element>> VSphereCloud::backingOf(Ref network) {
    if (network.type != "DistributedVirtualPortgroup") {
        std::vector<std::string> paths{"name"};
        PCG_CO_TRY(const auto read, co_await client_.read(std::move(network), std::move(paths)));
        co_return standardBacking(read.text("name"));
    }
    std::vector<std::string> paths{"key", "config.distributedVirtualSwitch"};
    PCG_CO_TRY(const auto group, co_await client_.read(std::move(network), std::move(paths)));
    auto owner = responses::refOf(group.find("config.distributedVirtualSwitch"));
    if (!owner) co_return fail(kBadAnswer, "the endpoint shows a port group without a switch");
    std::vector<std::string> uuid{"uuid"};
    PCG_CO_TRY(const auto dvs, co_await client_.read(std::move(*owner), std::move(uuid)));
    co_return distributedBacking(dvs.text("uuid"), group.text("key"));
}

net::Task<Result<std::string>> VSphereCloud::place(const deploy::Spec& spec) {
    Placement placement;
    PCG_CO_TRY(placement.source, co_await resolve("template", spec.source, kMachines));
    if (spec.folder.empty()) {
        std::vector<std::string> paths{"parent"};
        auto source = co_await client_.read(placement.source, std::move(paths));
        if (!source) co_return fail(translated(std::move(source).error()));
        auto parent = responses::refOf(source->find("parent"));
        if (!parent || parent->type != "Folder")
            co_return fail(deploy::kRejected,
                           "\"folder\" is needed: the template is in no folder of its own.");
        placement.folder = std::move(*parent);
    } else {
        PCG_CO_TRY(placement.folder, co_await resolve("folder", spec.folder, kFolders));
    }
    if (spec.resourcePool.empty()) {
        auto pool = co_await poolOf(placement.source);
        if (!pool) co_return fail(translated(std::move(pool).error()));
        placement.pool = std::move(*pool);
    } else {
        PCG_CO_TRY(placement.pool, co_await resolve("resource_pool", spec.resourcePool, kPools));
    }
    if (!spec.datastore.empty()) {
        PCG_CO_TRY(placement.datastore, co_await resolve("datastore", spec.datastore, kDatastores));
    }
    if (!spec.network.empty()) {
        PCG_CO_TRY(auto network, co_await resolve("network", spec.network, kNetworks));
        auto backing = co_await backingOf(std::move(network));
        if (!backing) co_return fail(translated(std::move(backing).error()));
        placement.network = std::move(*backing);
    }
    co_return toText(placement);
}

net::Task<Result<std::optional<deploy::Seen>>> VSphereCloud::seen(deploy::Identity identity,
                                                                  Ref machine) {
    std::vector<std::string> paths{
        "runtime.powerState", "config.instanceUuid", "config.extraConfig"};
    const auto read = co_await client_.read(machine, std::move(paths));
    if (!read && read.error().is(kNotFound)) co_return std::optional<deploy::Seen>{};
    if (!read) co_return fail(translated(read.error()));
    const auto* entries = read->find("config.extraConfig");
    // A virtual machine that is being made is in the inventory before it has a configuration.
    if (read->find("config.instanceUuid") == nullptr)
        co_return fail(kBusy, "The machine is being made, or cannot be read yet.");
    const bool ours = entries != nullptr && extraConfigOf(*entries, kMark) == markOf(identity);
    co_return std::optional<deploy::Seen>(
        deploy::Seen{machine.id, ours, read->text("runtime.powerState") == "poweredOn"});
}

net::Task<Result<std::optional<deploy::Seen>>> VSphereCloud::find(deploy::Identity identity) {
    PCG_CO_TRY(const auto placement, parsePlacement(identity.placement));
    auto machine = co_await client_.findMachine(identity.uuid);
    if (machine && !*machine) machine = co_await client_.findChild(placement.folder, identity.name);
    if (!machine) co_return fail(translated(std::move(machine).error()));
    if (!*machine) co_return std::optional<deploy::Seen>{};
    co_return co_await seen(std::move(identity), std::move(**machine));
}

net::Task<Result<std::optional<deploy::Seen>>> VSphereCloud::look(deploy::Identity identity,
                                                                  std::string vm) {
    co_return co_await seen(std::move(identity), machineRef(std::move(vm)));
}

net::Task<Result<std::string>> VSphereCloud::choose(deploy::Identity,
                                                    const deploy::Spec&,
                                                    std::vector<std::string>) {
    co_return fail(deploy::kRejected, "A vCenter clones its machines; there are none to choose.");
}

net::Task<Result<std::string>> VSphereCloud::clone(deploy::Identity identity) {
    PCG_CO_TRY(auto placement, parsePlacement(identity.placement));
    CloneOrder order;
    order.source = std::move(placement.source);
    order.folder = std::move(placement.folder);
    order.pool = std::move(placement.pool);
    order.datastore = std::move(placement.datastore);
    order.name = identity.name;
    order.instanceUuid = identity.uuid;
    order.annotation =
        "Made by the Private Cloud Gateway's orchestrator for " + identity.deployment + ".";
    order.extraConfig = {{kMark, markOf(identity)}};
    co_return taskOf(co_await client_.clone(std::move(order)));
}

net::Task<Result<std::string>> VSphereCloud::customise(deploy::Identity identity,
                                                       std::string vm,
                                                       const deploy::Spec& spec,
                                                       Secret userData) {
    PCG_CO_TRY(const auto placement, parsePlacement(identity.placement));
    ReconfigureOrder order;
    order.cpu = spec.cpu;
    order.memoryMib = spec.memoryMib;
    order.extraConfig = guestInfo(identity, spec, userData);
    if (placement.network || spec.diskGib != 0) {
        std::vector<std::string> paths{"config.hardware.device"};
        const auto machine = co_await client_.read(machineRef(vm), std::move(paths));
        if (!machine) co_return fail(translated(machine.error()));
        PCG_CO_TRY(order.editedDevices,
                   editedDevices(machine->find("config.hardware.device"), placement, spec.diskGib));
    }
    co_return taskOf(co_await client_.reconfigure(machineRef(std::move(vm)), std::move(order)));
}

net::Task<Result<std::string>> VSphereCloud::powerOn(deploy::Identity,
                                                     std::string vm,
                                                     const deploy::Spec&,
                                                     Secret) {
    co_return taskOf(co_await client_.powerOn(machineRef(std::move(vm))));
}

net::Task<Result<std::string>> VSphereCloud::powerOff(std::string vm) {
    co_return taskOf(co_await client_.powerOff(machineRef(std::move(vm))));
}

net::Task<Result<std::string>> VSphereCloud::destroy(deploy::Identity, std::string vm) {
    co_return taskOf(co_await client_.destroy(machineRef(std::move(vm))));
}

net::Task<Result<deploy::TaskEnd>> VSphereCloud::finish(std::string task) {
    Ref ref{"Task", std::move(task)};
    auto info = co_await client_.awaitTask(std::move(ref), kTaskWait);
    if (!info) co_return fail(translated(std::move(info).error()));
    deploy::TaskEnd end;
    end.over = info->state != TaskInfo::State::Running;
    if (info->fault) end.fault = translated(info->fault->error());
    if (info->result && info->result->type == "VirtualMachine") end.vm = info->result->id;
    co_return end;
}

net::Task<Result<std::vector<std::string>>> VSphereCloud::addresses(std::string vm) {
    std::vector<std::string> waited{"guest.ipAddress"};
    const auto changed =
        co_await client_.awaitChange(machineRef(vm), std::move(waited), hasAddress, kAddressWait);
    if (!changed) co_return fail(translated(changed.error()));
    std::vector<std::string> paths{"guest.ipAddress", "guest.net"};
    const auto machine = co_await client_.read(machineRef(std::move(vm)), std::move(paths));
    if (!machine) co_return fail(translated(machine.error()));
    co_return addressesOf(*machine);
}

}  // namespace pcg::controlplane::vsphere
