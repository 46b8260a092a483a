// SPDX-License-Identifier: Apache-2.0
#include "appliance/control/overrides.h"

#include "common/codec/json.h"

#include <algorithm>

#include "appliance/properties/network_values.h"

namespace pcg::appliance {

namespace json = codec::json;

Result<Overrides> parseOverrides(std::string_view text) {
    const auto object = PCG_TRY(json::parseObject(text, kMaxEnvironment));
    Overrides overrides;
    const auto& known = propertyNames();
    for (const auto& member : object.members()) {
        const auto* value = member.value.asString();
        if (std::ranges::find(known, member.name) == known.end())
            return fail(kBadValue, "There is no property \"" + member.name + "\".");
        if (value == nullptr || value->size() > kMaxPropertyOctets ||
            value->find('\0') != std::string::npos) {
            return fail(kBadValue,
                        "The value of " + member.name + " is no text of at most 32 KiB.");
        }
        overrides.emplace(member.name, *value);
    }
    return overrides;
}

std::string writeOverrides(const Overrides& overrides) {
    json::Object object;
    for (const auto& [name, value] : overrides) object.set(name, value);
    return json::write(object) + "\n";
}

Overrides changedBy(Overrides overrides, const Change& change) {
    for (const auto& [name, value] : change) {
        if (value)
            overrides.insert_or_assign(name, *value);
        else
            overrides.erase(name);
    }
    return overrides;
}

Properties layered(Properties imported, const Overrides& overrides) {
    for (const auto& [name, value] : overrides) {
        if (isAbsent(value))
            imported.erase(name);
        else
            imported.insert_or_assign(name, value);
    }
    return imported;
}

std::vector<Problem> newProblems(const Properties& before, const Properties& after, WallTime now) {
    const auto old = readSettings(before, now).problems;
    auto fresh = readSettings(after, now).problems;
    std::erase_if(fresh,
                  [&old](const Problem& one) { return std::ranges::find(old, one) != old.end(); });
    return fresh;
}

}  // namespace pcg::appliance
