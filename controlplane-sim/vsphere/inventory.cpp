// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/inventory.h"

#include "common/base/assert.h"
#include "common/base/text.h"
#include "controlplane-sim/vsphere/responses.h"

#include <algorithm>
#include <array>
#include <map>

namespace pcg::controlplane::vsphere {
namespace {

namespace json = codec::json;

constexpr int kDeepest = 64;  // a tree that is deeper is not one

enum class FactKind { Text, Number, Bytes, Flag, Type };

struct Fact {
    std::string_view name;  // in our answer
    std::string_view path;  // the property
    FactKind kind;
};

struct Kind {
    std::string_view name;
    std::string_view type;
    std::vector<Fact> facts;
};

const std::vector<Kind>& kinds() {
    using enum FactKind;
    static const std::vector<Kind> all{
        {"datacenters", "Datacenter", {}},
        {"clusters",
         "ComputeResource",
         {{"kind", "", Type},
          {"hosts", "summary.numHosts", Number},
          {"cpu_cores", "summary.numCpuCores", Number},
          {"memory_bytes", "summary.totalMemory", Number}}},
        {"hosts",
         "HostSystem",
         {{"connection", "runtime.connectionState", Text},
          {"in_maintenance", "runtime.inMaintenanceMode", Flag},
          {"cpu_cores", "summary.hardware.numCpuCores", Number},
          {"memory_bytes", "summary.hardware.memorySize", Number}}},
        {"datastores",
         "Datastore",
         {{"type", "summary.type", Text},
          {"accessible", "summary.accessible", Flag},
          {"capacity_bytes", "summary.capacity", Number},
          {"free_bytes", "summary.freeSpace", Number}}},
        {"networks", "Network", {{"kind", "", Type}}},
        {"folders", "Folder", {}},
        {"templates",
         "VirtualMachine",
         {{"guest", "summary.config.guestFullName", Text},
          {"cpu", "summary.config.numCpu", Number},
          {"memory_mib", "summary.config.memorySizeMB", Number}}},
        {"vms",
         "VirtualMachine",
         {{"guest", "summary.config.guestFullName", Text},
          {"cpu", "summary.config.numCpu", Number},
          {"memory_mib", "summary.config.memorySizeMB", Number},
          {"power", "runtime.powerState", Text},
          {"address", "guest.ipAddress", Text}}},
    };
    return all;
}

const Kind& kindOf(const std::string& name) {
    const auto found = std::find_if(
        kinds().begin(), kinds().end(), [&](const Kind& kind) { return kind.name == name; });
    PCG_ASSERT(found != kinds().end());  // whoever asks has checked it
    return *found;
}

bool isOfKind(const Kind& kind, const ObjectContent& object) {
    const auto& type = object.object.type;
    if (kind.type == "ComputeResource")
        return type == "ComputeResource" || type == "ClusterComputeResource";
    if (kind.type == "Network")
        return type == "Network" || type == "DistributedVirtualPortgroup" ||
               type == "OpaqueNetwork";
    if (kind.type != type) return false;
    if (type != "VirtualMachine") return true;
    return (object.text("config.template") == "true") == (kind.name == "templates");
}

void addFact(json::Object& facts, const Fact& fact, const ObjectContent& object) {
    const auto name = std::string(fact.name);
    if (fact.kind == FactKind::Type) {
        facts.set(name, object.object.type);
        return;
    }
    const auto text = object.text(fact.path);
    if (text.empty()) return;
    if (fact.kind == FactKind::Flag) {
        facts.set(name, text == "true");
        return;
    }
    if (fact.kind == FactKind::Text) {
        facts.set(name, text.substr(0, 256));
        return;
    }
    const auto number = parseUnsigned(text);
    if (number && *number <= INT64_MAX) facts.set(name, json::Value::ofUnsigned(*number));
}

using Tree = std::map<std::string, const ObjectContent*>;

std::string parentOf(const ObjectContent& object) {
    const auto parent = responses::refOf(object.find("parent"));
    return parent ? parent->id : std::string();
}

// From below the root folder, which is in no container view of itself.
std::string pathOf(const ObjectContent& object, const Tree& tree) {
    std::string path(object.text("name"));
    auto parent = parentOf(object);
    for (int depth = 0; depth < kDeepest && !parent.empty(); ++depth) {
        const auto found = tree.find(parent);
        if (found == tree.end()) break;
        path.insert(0, std::string(found->second->text("name")) + "/");
        parent = parentOf(*found->second);
    }
    return path;
}

}  // namespace

const std::vector<std::string>& inventoryKinds() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& kind : kinds()) all.emplace_back(kind.name);
        return all;
    }();
    return names;
}

std::vector<PropertyQuery::Set> inventoryQuery(const std::string& kind) {
    const auto& wanted = kindOf(kind);
    std::vector<PropertyQuery::Set> sets;
    for (const char* type : {"Folder", "Datacenter", "ComputeResource"})
        sets.push_back({type, {"name", "parent"}});
    auto own = std::find_if(sets.begin(), sets.end(), [&](const PropertyQuery::Set& set) {
        return set.type == wanted.type;
    });
    if (own == sets.end()) {
        sets.push_back({std::string(wanted.type), {"name", "parent"}});
        own = sets.end() - 1;
    }
    for (const auto& fact : wanted.facts) {
        if (!fact.path.empty()) own->paths.emplace_back(fact.path);
    }
    if (wanted.type == "VirtualMachine") own->paths.emplace_back("config.template");
    return sets;
}

std::vector<inventory::Item> inventoryItems(const std::string& kind,
                                            const std::vector<ObjectContent>& objects) {
    const auto& wanted = kindOf(kind);
    Tree tree;
    for (const auto& object : objects) tree.emplace(object.object.id, &object);
    std::vector<inventory::Item> items;
    for (const auto& object : objects) {
        if (!isOfKind(wanted, object)) continue;
        inventory::Item item{object.object.id,
                             std::string(object.text("name")),
                             pathOf(object, tree),
                             parentOf(object),
                             {}};
        for (const auto& fact : wanted.facts) addFact(item.facts, fact, object);
        items.push_back(std::move(item));
    }
    inventory::sortItems(items);
    return items;
}

net::Task<Result<std::vector<inventory::Item>>> VSphereInventory::list(std::string kind) {
    auto query = inventoryQuery(kind);
    PCG_CO_TRY(const auto objects, co_await client_.list(std::move(query)));
    co_return inventoryItems(kind, objects);
}

}  // namespace pcg::controlplane::vsphere
