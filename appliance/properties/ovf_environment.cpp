// SPDX-License-Identifier: Apache-2.0
#include "appliance/properties/ovf_environment.h"

#include "common/base/text.h"
#include "common/codec/utf8.h"
#include "common/xml/element.h"
#include "common/xml/errc.h"

namespace pcg::appliance {
namespace {

constexpr std::string_view kClass = "pcgw.";
constexpr xml::Limits kLimits{kMaxEnvironment, 16, 4096};
constexpr std::size_t kOemHeader = 5;  // type, length, handle, count
constexpr std::uint8_t kOemType = 11;

Result<> take(std::string_view key, std::string_view value, Properties& properties) {
    if (!key.starts_with(kClass)) return {};
    key.remove_prefix(kClass.size());
    const auto given = givenValue(value);
    if (!given) return {};
    if (key.empty() || key.size() > 64)
        return fail(kBadEnvironment, "A property has no name, or one of more than 64 characters.");
    if (value.size() > kMaxPropertyOctets) {
        return fail(kEnvironmentTooLarge,
                    "The property " + std::string(kClass) + std::string(key) + " has " +
                        std::to_string(value.size()) + " octets; the most is " +
                        std::to_string(kMaxPropertyOctets) + ".");
    }
    if (!codec::isUtf8(value) || !codec::isUtf8(key) ||
        value.find('\0') != std::string_view::npos) {
        return fail(kBadEnvironment, "A property is not text in UTF-8.");
    }
    if (!properties.emplace(key, *given).second) {
        return fail(kBadEnvironment,
                    "The property " + std::string(kClass) + std::string(key) + " is given twice.");
    }
    return {};
}

}  // namespace

bool isAbsent(std::string_view value) {
    const auto text = trimAscii(value);
    return text.empty() || text == "\"\"" || text == "''" || text == "null";
}

std::optional<std::string_view> givenValue(std::string_view value) {
    if (isAbsent(value)) return std::nullopt;
    return trimAscii(value);
}

Result<Properties> parseOvfEnvironment(BytesView document) {
    // What hands it over as a string often adds the terminator.
    while (!document.empty() && document.back() == 0)
        document = document.first(document.size() - 1);
    const auto root = xml::parse(document, kLimits);
    if (!root) {
        return fail(root.error().is(xml::kTooLarge) ? kEnvironmentTooLarge : kBadEnvironment,
                    "The OVF environment cannot be read: " + root.error().message() + ".");
    }
    if (root->name != "Environment")
        return fail(kBadEnvironment, "The OVF environment does not begin with Environment.");
    Properties properties;
    for (const auto& section : root->children) {
        if (section.name != "PropertySection") continue;  // Entity: of another machine
        for (const auto& property : section.children) {
            if (property.name != "Property") continue;
            PCG_TRY(take(property.attribute("key"), property.attribute("value"), properties));
        }
    }
    return properties;
}

Result<Properties> parseOemStrings(BytesView structures) {
    constexpr std::string_view kEnd("\0\0", 2);
    Properties properties;
    do {
        if (structures.size() < kOemHeader || structures.size() > kMaxEnvironment ||
            structures[0] != kOemType || structures[1] < kOemHeader ||
            structures[1] > structures.size()) {
            return fail(kBadEnvironment, "The SMBIOS structure of OEM strings is damaged.");
        }
        const auto strings = asText(structures.subspan(structures[1]));
        const auto end = std::min(strings.find(kEnd), strings.size());
        for (const auto text : split(strings.substr(0, end), '\0')) {
            const auto equals = text.find('=');
            if (equals == std::string_view::npos) continue;
            PCG_TRY(take(text.substr(0, equals), text.substr(equals + 1), properties));
        }
        structures =
            structures.subspan(std::min(structures[1] + end + kEnd.size(), structures.size()));
    } while (!structures.empty());
    return properties;
}

}  // namespace pcg::appliance
