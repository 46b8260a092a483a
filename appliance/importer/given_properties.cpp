// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/given_properties.h"

#include "common/base/text.h"
#include "common/codec/utf8.h"

#include <algorithm>

#include "appliance/importer/errc.h"

namespace pcg::appliance {

Result<> addProperty(std::string_view where,
                     std::string_view name,
                     std::string_view value,
                     Properties& properties) {
    constexpr std::string_view kClass = "pcgw.";
    if (name.starts_with(kClass)) name.remove_prefix(kClass.size());
    const auto begin = std::string(where) + ": ";
    if (name.empty() || name.size() > 64)
        return fail(errc::kProperty, begin + "a property is given as NAME=VALUE.");
    if (value.size() > kMaxPropertyOctets || !codec::isUtf8(value) || !codec::isUtf8(name) ||
        value.find('\0') != std::string_view::npos) {
        return fail(errc::kProperty,
                    begin + "the value of " + std::string(name) +
                        " is longer than 32 KiB, or no text in UTF-8.");
    }
    const auto given = givenValue(value);
    if (!given || properties.emplace(name, *given).second) return {};
    return fail(errc::kProperty, begin + std::string(name) + " is given twice.");
}

Result<> addPropertyLines(std::string_view text, Properties& properties) {
    std::size_t number = 0;
    for (const auto raw : split(text, '\n')) {
        ++number;
        const auto line = trimAscii(raw);
        if (line.empty() || line.starts_with('#')) continue;
        const auto equals = line.find('=');
        const auto where = "line " + std::to_string(number) + " of the properties";
        if (equals == std::string_view::npos)
            return fail(errc::kProperty, where + ": a property is given as NAME=VALUE.");
        PCG_TRY(addProperty(where,
                            trimAscii(line.substr(0, equals)),
                            trimAscii(line.substr(equals + 1)),
                            properties));
    }
    return {};
}

Result<> checkNames(const Properties& properties, const std::vector<std::string>& known) {
    for (const auto& [name, ignored] : properties) {
        if (std::ranges::find(known, name) != known.end()) continue;
        const auto meant = didYouMean(name, known);
        return fail(errc::kProperty,
                    "The gateway in this OVA has no property \"" + name + "\"." +
                        (meant ? " Did you mean \"" + *meant + "\"?" : ""));
    }
    return {};
}

}  // namespace pcg::appliance
