// SPDX-License-Identifier: Apache-2.0
#include "common/config/schema.h"

#include "common/base/assert.h"
#include "common/base/text.h"

#include <algorithm>

namespace pcg::config {
namespace {

bool defaultFits(const Key& key) {
    if (key.need == Need::Required) return key.fallback.empty();
    switch (key.type) {
        case Type::Text:
            return true;
        case Type::Boolean:
            return key.fallback == "true" || key.fallback == "false";
        case Type::Choice:
            return std::find(key.choices.begin(), key.choices.end(), key.fallback) !=
                   key.choices.end();
        case Type::Integer: {
            const auto number = parseUnsigned(key.fallback);
            return number && static_cast<std::int64_t>(*number) >= key.min &&
                   static_cast<std::int64_t>(*number) <= key.max;
        }
    }
    return false;
}

std::string typeText(const Key& key) {
    constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();
    switch (key.type) {
        case Type::Text:
            return "text";
        case Type::Boolean:
            return "`true` or `false`";
        case Type::Integer:
            if (key.min == kLowest) return "integer";
            return "integer, " + std::to_string(key.min) + " to " + std::to_string(key.max);
        case Type::Choice: {
            std::string text;
            for (const auto choice : key.choices) {
                text += (text.empty() ? "`" : ", `") + std::string(choice) + "`";
            }
            return text;
        }
    }
    return {};
}

}  // namespace

Schema::Schema(std::vector<Key> keys) : keys_(std::move(keys)) {
    for (const auto& key : keys_) PCG_ASSERT(defaultFits(key));
}

const Key* Schema::find(std::string_view name) const {
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.name == name; });
    return found == keys_.end() ? nullptr : &*found;
}

std::vector<std::string> Schema::names() const {
    std::vector<std::string> names;
    names.reserve(keys_.size());
    for (const auto& key : keys_) names.emplace_back(key.name);
    return names;
}

std::string Schema::markdown() const {
    std::string table = "| Key | Type | Default | Meaning |\n|---|---|---|---|\n";
    for (const auto& key : keys_) {
        const std::string fallback = key.need == Need::Required ? "required"
                                     : key.fallback.empty()     ? "none"
                                                            : "`" + std::string(key.fallback) + "`";
        table += "| `" + std::string(key.name) + "` | " + typeText(key) + " | " + fallback + " | " +
                 std::string(key.description) + " |\n";
    }
    return table;
}

}  // namespace pcg::config
