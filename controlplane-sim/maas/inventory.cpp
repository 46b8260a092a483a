// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/inventory.h"

#include "common/base/assert.h"
#include "controlplane-sim/deploy/text.h"
#include "controlplane-sim/maas/errc.h"
#include "controlplane-sim/maas/machine_view.h"
#include "controlplane-sim/maas/placement.h"

#include <algorithm>

namespace pcg::controlplane::maas {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxText = 256;

std::string textOf(const json::Object& entry, const char* name) {
    const auto* value = entry.find(name);
    const auto* text = value == nullptr ? nullptr : value->asString();
    if (text == nullptr || !deploy::isPlainText(*text)) return {};
    return text->substr(0, kMaxText);
}

// A number or a text, as text.
std::string idOf(const json::Object& entry) {
    const auto* value = entry.find("id");
    const auto* number = value == nullptr ? nullptr : value->asInteger();
    return number == nullptr ? textOf(entry, "id") : std::to_string(*number);
}

void setText(json::Object& facts, const char* name, const std::string& text) {
    if (!text.empty()) facts.set(name, text);
}

inventory::Item named(const json::Object& entry) {
    inventory::Item item{idOf(entry), textOf(entry, "name"), {}, {}, {}};
    item.path = item.name;
    return item;
}

inventory::Item placeItem(const json::Object& entry) {
    auto item = named(entry);
    setText(item.facts, "description", textOf(entry, "description"));
    return item;
}

inventory::Item tagItem(const json::Object& entry) {
    auto item = named(entry);
    item.id = item.name;
    setText(item.facts, "comment", textOf(entry, "comment"));
    return item;
}

inventory::Item imageItem(const json::Object& entry) {
    auto item = named(entry);
    item.path = imageName(entry);
    setText(item.facts, "title", textOf(entry, "title"));
    setText(item.facts, "architecture", textOf(entry, "architecture"));
    setText(item.facts, "type", textOf(entry, "type"));
    return item;
}

inventory::Item fabricItem(const json::Object& entry) {
    auto item = named(entry);
    const auto* vlans = entry.find("vlans");
    if (vlans != nullptr && vlans->asArray() != nullptr)
        item.facts.set("vlans", json::Value::ofUnsigned(vlans->asArray()->size()));
    return item;
}

inventory::Item subnetItem(const json::Object& entry) {
    auto item = named(entry);
    setText(item.facts, "cidr", textOf(entry, "cidr"));
    setText(item.facts, "gateway", textOf(entry, "gateway_ip"));
    setText(item.facts, "space", textOf(entry, "space"));
    const auto* value = entry.find("vlan");
    const auto* vlan = value == nullptr ? nullptr : value->asObject();
    if (vlan == nullptr) return item;
    setText(item.facts, "fabric", textOf(*vlan, "fabric"));
    const auto* vid = vlan->find("vid");
    if (vid != nullptr && vid->asInteger() != nullptr) item.facts.set("vlan", *vid->asInteger());
    return item;
}

json::Array arrayOf(const std::vector<std::string>& texts) {
    json::Array array;
    for (const auto& text : texts) array.emplace_back(text);
    return array;
}

inventory::Item machineItem(const MachineView& view) {
    inventory::Item item{
        view.id, view.hostname, view.fqdn.empty() ? view.hostname : view.fqdn, view.pool, {}};
    item.facts.set("status", view.status)
        .set("power", view.power)
        .set("cpu", view.cpu)
        .set("memory_mib", view.memoryMib)
        .set("architecture", view.architecture)
        .set("zone", view.zone)
        .set("pool", view.pool)
        .set("tags", arrayOf(view.tags));
    setText(item.facts, "image", view.image);
    if (!view.addresses.empty()) item.facts.set("addresses", arrayOf(view.addresses));
    if (view.locked) item.facts.set("locked", true);
    return item;
}

struct Kind {
    std::string_view name;
    std::string_view path;
    inventory::Item (*read)(const json::Object& entry);  // null: a machine
};

constexpr std::array<Kind, 7> kKinds{{{"pools", "resourcepools/", placeItem},
                                      {"zones", "zones/", placeItem},
                                      {"tags", "tags/", tagItem},
                                      {"machines", "machines/", nullptr},
                                      {"images", "boot-resources/", imageItem},
                                      {"fabrics", "fabrics/", fabricItem},
                                      {"subnets", "subnets/", subnetItem}}};

const Kind& kindOf(const std::string& name) {
    const auto* found = std::find_if(
        kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.name == name; });
    PCG_ASSERT(found != kKinds.end());  // whoever asks has checked it
    return *found;
}

}  // namespace

const std::vector<std::string>& inventoryKinds() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& kind : kKinds) all.emplace_back(kind.name);
        return all;
    }();
    return names;
}

Result<inventory::Item> inventoryItem(const std::string& kind, const json::Object& entry) {
    const auto& known = kindOf(kind);
    if (known.read == nullptr) return machineItem(PCG_TRY(machineOf(entry)));
    auto item = known.read(entry);
    if (item.id.empty() || item.name.empty())
        return fail(kBadAnswer, "the endpoint lists something without an id or a name");
    return item;
}

net::Task<Result<std::vector<inventory::Item>>> MaasInventory::list(std::string kind) {
    std::vector<inventory::Item> items;
    const ListReader::Take take = [&](const json::Object& entry) -> Result<> {
        items.push_back(PCG_TRY(inventoryItem(kind, entry)));
        return {};
    };
    oauth::Parameters none;
    PCG_CO_CHECK(co_await client_.each(std::string(kindOf(kind).path), std::move(none), take));
    inventory::sortItems(items);
    co_return items;
}

}  // namespace pcg::controlplane::maas
