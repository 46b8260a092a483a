// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/placement.h"

#include "common/base/text.h"
#include "common/codec/base64.h"
#include "common/codec/json.h"
#include "controlplane-sim/deploy/errc.h"

#include <algorithm>

namespace pcg::controlplane::vsphere {
namespace {

namespace json = codec::json;

constexpr std::string_view kXsi = R"(<x xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)";

json::Object toJson(const Ref& ref) {
    return json::Object().set("type", ref.type).set("id", ref.id);
}

Result<Ref> refFrom(const json::Object& object) {
    auto type = PCG_TRY(object.string("type", 64));
    auto id = PCG_TRY(object.string("id", 256));
    return Ref{std::move(type), std::move(id)};
}

Result<Ref> refFrom(const json::Object& object, std::string_view name) {
    return refFrom(*PCG_TRY(object.object(name)));
}

xml::Element leaf(std::string name, std::string_view text) {
    return {std::move(name), {}, {}, std::string(text), {}};
}

// Every network card's device has this one's members, whatever its type is called.
bool isNetworkCard(const xml::Element& device) {
    return device.child("macAddress") != nullptr && device.child("backing") != nullptr;
}

bool isDisk(const xml::Element& device) { return device.type == "VirtualDisk"; }

void setChild(xml::Element& parent, const std::string& name, std::string text) {
    for (auto& child : parent.children) {
        if (child.name == name) child.text = std::move(text);
    }
}

template <class Predicate>
Result<xml::Element> firstOf(const xml::Element* devices, Predicate&& is, const char* what) {
    if (devices != nullptr) {
        const auto found = std::find_if(devices->children.begin(), devices->children.end(), is);
        if (found != devices->children.end()) return *found;
    }
    return fail(deploy::kRejected,
                std::string("The template has no ") + what + ", which the order changes.");
}

Result<xml::Element> grown(xml::Element disk, int gib) {
    const auto wanted = static_cast<std::uint64_t>(gib) * 1024 * 1024;
    const auto present = parseUnsigned(disk.textAt("capacityInKB")).value_or(0);
    if (present > wanted)
        return fail(deploy::kRejected,
                    "\"disk_gib\" is " + std::to_string(gib) + ", but the template's disk has " +
                        std::to_string((present + 1024 * 1024 - 1) / (1024 * 1024)) +
                        " GiB and a disk cannot shrink.");
    setChild(disk, "capacityInKB", std::to_string(wanted));
    setChild(disk, "capacityInBytes", std::to_string(wanted * 1024));
    return disk;
}

std::string base64(std::string_view text) { return codec::base64Encode(asBytes(text)); }

}  // namespace

std::string toText(const Placement& placement) {
    json::Object object;
    object.set("source", toJson(placement.source))
        .set("folder", toJson(placement.folder))
        .set("pool", toJson(placement.pool));
    if (placement.datastore) object.set("datastore", toJson(*placement.datastore));
    if (placement.network) object.set("network", xml::write(*placement.network));
    return json::write(object);
}

Result<Placement> parsePlacement(std::string_view text) {
    const auto object = PCG_TRY(json::parseObject(text));
    Placement placement;
    placement.source = PCG_TRY(refFrom(object, "source"));
    placement.folder = PCG_TRY(refFrom(object, "folder"));
    placement.pool = PCG_TRY(refFrom(object, "pool"));
    if (const auto* datastore = PCG_TRY(object.optionalObject("datastore")))
        placement.datastore = PCG_TRY(refFrom(*datastore));
    if (const auto network = PCG_TRY(object.optionalString("network", 8192))) {
        auto wrapped = PCG_TRY(xml::parse(asBytes(std::string(kXsi) + *network + "</x>")));
        if (wrapped.children.size() == 1) placement.network = std::move(wrapped.children.front());
    }
    return placement;
}

xml::Element standardBacking(std::string_view networkName) {
    return {"backing",
            "VirtualEthernetCardNetworkBackingInfo",
            {},
            {},
            {leaf("deviceName", networkName)}};
}

xml::Element distributedBacking(std::string_view switchUuid, std::string_view portGroupKey) {
    return {"backing",
            "VirtualEthernetCardDistributedVirtualPortBackingInfo",
            {},
            {},
            {{"port",
              {},
              {},
              {},
              {leaf("switchUuid", switchUuid), leaf("portgroupKey", portGroupKey)}}}};
}

std::vector<ExtraConfig> guestInfo(const deploy::Identity& identity,
                                   const deploy::Spec& spec,
                                   const Secret& userData) {
    std::string keys;
    for (const auto& key : spec.sshKeys) keys += key + "\n";
    json::Object metadata;
    metadata.set("instance-id", identity.uuid).set("local-hostname", identity.name);
    if (!keys.empty()) metadata.set("public-keys-data", keys);
    std::vector<ExtraConfig> entries{{"guestinfo.metadata", base64(json::write(metadata))},
                                     {"guestinfo.metadata.encoding", "base64"}};
    if (!userData.empty()) {
        entries.push_back({"guestinfo.userdata", base64(userData.revealText())});
        entries.push_back({"guestinfo.userdata.encoding", "base64"});
    }
    return entries;
}

Result<std::vector<xml::Element>> editedDevices(const xml::Element* devices,
                                                const Placement& placement,
                                                int diskGib) {
    std::vector<xml::Element> edited;
    if (placement.network) {
        auto card = PCG_TRY(firstOf(devices, isNetworkCard, "network card"));
        for (auto& child : card.children) {
            if (child.name == "backing") child = *placement.network;
        }
        edited.push_back(std::move(card));
    }
    if (diskGib != 0) {
        auto disk = PCG_TRY(firstOf(devices, isDisk, "disk"));
        edited.push_back(PCG_TRY(grown(std::move(disk), diskGib)));
    }
    return edited;
}

}  // namespace pcg::controlplane::vsphere
