// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/arguments.h"

#include "common/base/text.h"
#include "common/codec/utf8.h"

#include <algorithm>
#include <array>

namespace pcg::policy {
namespace {

struct KindWords {
    Kind kind;
    std::array<std::string_view, 4> types;
    std::array<std::string_view, 2> prefixes;
    std::array<std::string_view, 4> elements;
};

// What the ids of a vCenter begin with, by the types that they name. The first that fits counts.
struct Family {
    std::array<std::string_view, 2> types;
    std::array<std::string_view, 2> prefixes;
};

constexpr std::array<Family, 16> kFamilies{{
    {{"VirtualMachine"}, {"vm-"}},
    {{"StoragePod"}, {"group-p", "storagepod-"}},
    {{"Folder"}, {"group-", "folder-"}},
    {{"Datastore"}, {"datastore-"}},
    {{"OpaqueNetwork"}, {"network-o", "opaquenetwork-"}},
    {{"Network"}, {"network-"}},
    {{"DistributedVirtualPortgroup"}, {"dvportgroup-"}},
    {{"DistributedVirtualSwitch", "VmwareDistributedVirtualSwitch"}, {"dvs-"}},
    {{"VirtualApp"}, {"resgroup-v", "virtualapp-"}},
    {{"ResourcePool"}, {"resgroup-"}},
    {{"HostSystem"}, {"host-"}},
    {{"Datacenter"}, {"datacenter-"}},
    {{"ClusterComputeResource"}, {"domain-c", "clustercomputeresource-"}},
    {{"ComputeResource"}, {"domain-", "computeresource-"}},
    {{"VirtualMachineSnapshot"}, {"snapshot-"}},
    {{"Task"}, {"task-"}},
}};

// No object is of these: others are, which are more.
constexpr std::array<std::string_view, 5> kAbstract{
    "ExtensibleManagedObject", "HistoryCollector", "ManagedEntity", "ManagedObject", "View"};

constexpr std::array<KindWords, 7> kKinds{{
    {Kind::Machine, {"VirtualMachine"}, {"vm-"}, {"vm"}},
    {Kind::Folder,
     {"Folder"},
     {"group-", "folder-"},
     {"folder", "destinationFolder", "parentFolder"}},
    {Kind::Datastore,
     {"Datastore", "StoragePod"},
     {"datastore-", "group-p"},
     {"datastore", "storagePod"}},
    {Kind::Network,
     {"Network", "DistributedVirtualPortgroup", "OpaqueNetwork"},
     {"network-", "dvportgroup-"},
     {"network"}},
    {Kind::Pool, {"ResourcePool", "VirtualApp"}, {"resgroup-"}, {"pool", "resourcePool"}},
    {Kind::Host, {"HostSystem"}, {"host-"}, {"host"}},
    {Kind::Datacenter,
     {"Datacenter"},
     {"datacenter-"},
     {"datacenter", "sourceDatacenter", "destDatacenter", "destinationDatacenter"}},
}};

template <std::size_t N>
bool isAmong(const std::array<std::string_view, N>& words, std::string_view word) {
    return !word.empty() && std::find(words.begin(), words.end(), word) != words.end();
}

const Family* familyOfId(std::string_view id) {
    const auto found = std::find_if(kFamilies.begin(), kFamilies.end(), [&](const Family& family) {
        return std::any_of(
            family.prefixes.begin(), family.prefixes.end(), [&](std::string_view prefix) {
                return !prefix.empty() && id.starts_with(prefix);
            });
    });
    return found == kFamilies.end() ? nullptr : &*found;
}

const Family* familyOfType(std::string_view type) {
    const auto found = std::find_if(kFamilies.begin(), kFamilies.end(), [&](const Family& family) {
        return isAmong(family.types, type);
    });
    return found == kFamilies.end() ? nullptr : &*found;
}

bool containsIgnoreCase(std::string_view text, std::string_view part) {
    return toLowerAscii(text).find(toLowerAscii(part)) != std::string::npos;
}

// As it may stand in a line: what is not plain is quoted, and cannot look like another field.
std::string plain(std::string_view text) {
    std::string shown =
        text.size() <= 80 ? std::string(text) : std::string(text.substr(0, 77)) + "...";
    const bool is_plain = !shown.empty() && std::all_of(shown.begin(), shown.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_.:/@[]*").find(c) != std::string_view::npos;
    });
    if (is_plain) return shown;
    for (auto& c : shown) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
        if (c == '"') c = '\'';
    }
    return "\"" + codec::repairUtf8(shown) + "\"";
}

}  // namespace

bool isObjectId(std::string_view text) {
    if (text.size() > 32 || text.empty()) return false;
    for (const auto& kind : kKinds) {
        for (const auto prefix : kind.prefixes) {
            if (prefix.empty() || !text.starts_with(prefix)) continue;
            auto rest = text.substr(prefix.size());
            if (!rest.empty() && rest.front() >= 'a' && rest.front() <= 'z') rest.remove_prefix(1);
            const bool digits =
                std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
            if (!rest.empty() && digits) return true;
        }
    }
    return false;
}

bool mayBe(const Reference& reference, Kind kind) {
    const auto& words = *std::find_if(
        kKinds.begin(), kKinds.end(), [&](const KindWords& one) { return one.kind == kind; });
    const bool pod = reference.id.starts_with("group-p");
    const bool named =
        std::any_of(words.prefixes.begin(), words.prefixes.end(), [&](std::string_view prefix) {
            if (prefix.empty() || !reference.id.starts_with(prefix)) return false;
            return kind != Kind::Folder || !pod;
        });
    return named || isAmong(words.types, reference.type) ||
           isAmong(words.elements, reference.element);
}

Likeness likenessOf(std::string_view id, std::string_view said, std::string_view wanted) {
    const auto* by_id = familyOfId(id);
    const auto* by_type = familyOfType(wanted);
    const bool same = said == wanted;
    if (by_id != nullptr && by_id == by_type) return same ? Likeness::Yes : Likeness::InDoubt;
    if (by_id != nullptr) return same ? Likeness::InDoubt : Likeness::No;
    if (id.empty()) return same ? Likeness::Yes : Likeness::No;
    if (by_type != nullptr) return same ? Likeness::InDoubt : Likeness::No;
    if (same) return Likeness::Yes;
    // The id of a manager or a collector says little: what is no type of such a thing is no word
    // at all.
    const bool says_nothing =
        said.empty() || familyOfType(said) != nullptr || isAmong(kAbstract, said);
    return says_nothing || containsIgnoreCase(id, wanted) ? Likeness::InDoubt : Likeness::No;
}

std::string Arguments::toText() const {
    constexpr std::size_t kEnough = 1000;
    std::string text;
    const auto add = [&](std::string_view name, const std::string& value) {
        if (text.size() > kEnough) return;
        text += (text.empty() ? "" : " ") + std::string(name) + "=" + plain(value);
    };
    for (const auto& name : names) add("name", name);
    for (const auto& reference : references) {
        add(reference.element.empty() ? "object" : reference.element, reference.id);
    }
    for (const auto& name : datastores) add("datastore", "[" + name + "]");
    for (const auto& name : datacenters) add("datacenter", name);
    for (const auto& name : networks) add("network", name);
    for (const auto& setting : extra_config) {
        add("extra_config", setting.key);
        if (setting.sha256.empty() || text.size() > kEnough) continue;
        text += " sha256:" + setting.sha256 + " (" + std::to_string(setting.size) + " octets)";
    }
    if (elsewhere) add("service", "another vCenter");
    if (overfull) text += " ...";
    return text;
}

}  // namespace pcg::policy
