// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/machine_view.h"

#include "controlplane-sim/deploy/text.h"
#include "controlplane-sim/maas/errc.h"

#include <algorithm>

namespace pcg::controlplane::maas {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxText = 256;
constexpr std::size_t kMaxTexts = 64;

std::string textOf(const json::Object& object, const char* name) {
    const auto* value = object.find(name);
    const auto* text = value == nullptr ? nullptr : value->asString();
    const bool fit = text != nullptr && text->size() <= kMaxText && deploy::isPlainText(*text);
    return fit ? *text : std::string();
}

std::string nameIn(const json::Object& object, const char* member) {
    const auto* value = object.find(member);
    const auto* held = value == nullptr ? nullptr : value->asObject();
    return held == nullptr ? std::string() : textOf(*held, "name");
}

std::int64_t numberOf(const json::Object& object, const char* name) {
    const auto* value = object.find(name);
    const auto* number = value == nullptr ? nullptr : value->asInteger();
    return number == nullptr ? 0 : std::max<std::int64_t>(*number, 0);
}

std::vector<std::string> textsOf(const json::Object& object, const char* name) {
    std::vector<std::string> texts;
    const auto* value = object.find(name);
    const auto* items = value == nullptr ? nullptr : value->asArray();
    if (items == nullptr) return texts;
    for (const auto& item : *items) {
        const auto* text = item.asString();
        const bool fit = text != nullptr && !text->empty() && text->size() <= kMaxText &&
                         deploy::isPlainText(*text);
        if (fit && texts.size() < kMaxTexts) texts.push_back(*text);
    }
    return texts;
}

std::string imageOf(const json::Object& machine) {
    const auto system = textOf(machine, "osystem");
    const auto series = textOf(machine, "distro_series");
    return system.empty() || series.empty() ? series : system + "/" + series;
}

}  // namespace

bool isSystemId(std::string_view text) {
    return !text.empty() && text.size() <= 41 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<MachineView> machineOf(const json::Object& machine) {
    MachineView view;
    view.id = textOf(machine, "system_id");
    view.status = textOf(machine, "status_name");
    if (!isSystemId(view.id) || view.status.empty())
        return fail(kBadAnswer, "the endpoint shows a machine without an id or a status");
    view.hostname = textOf(machine, "hostname");
    view.fqdn = textOf(machine, "fqdn");
    view.message = textOf(machine, "error_description");
    if (view.message.empty()) view.message = textOf(machine, "status_message");
    view.power = textOf(machine, "power_state");
    view.architecture = textOf(machine, "architecture");
    view.zone = nameIn(machine, "zone");
    view.pool = nameIn(machine, "pool");
    view.image = imageOf(machine);
    view.cpu = numberOf(machine, "cpu_count");
    view.memoryMib = numberOf(machine, "memory");
    view.tags = textsOf(machine, "tag_names");
    view.addresses = textsOf(machine, "ip_addresses");
    const auto* locked = machine.find("locked");
    view.locked = locked != nullptr && locked->asBoolean() != nullptr && *locked->asBoolean();
    return view;
}

bool isReleasing(const MachineView& machine) {
    return machine.status == "Releasing" || machine.status == "Disk erasing";
}

}  // namespace pcg::controlplane::maas
