// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/constraints.h"

#include "common/base/text.h"

#include <algorithm>
#include <cstdlib>

namespace pcg::maassim {
namespace {

using Texts = std::vector<std::string>;

bool contains(const Texts& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

// Tags may come as one text with commas or blanks between them.
Texts flatten(const Texts& values) {
    Texts flat;
    for (const auto& value : values) {
        std::string commas = value;
        std::replace(commas.begin(), commas.end(), ' ', ',');
        for (const auto piece : split(commas, ',')) {
            if (!piece.empty()) flat.emplace_back(piece);
        }
    }
    return flat;
}

bool isPlace(const std::vector<Place>& places, const std::string& name) {
    return std::any_of(
        places.begin(), places.end(), [&](const Place& place) { return place.name == name; });
}

std::optional<double> numberOf(const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') return std::nullopt;
    return value;
}

std::string pythonFloat(double value) {
    auto text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    return text.ends_with('.') ? text + "0" : text;
}

std::string joined(const Texts& texts) {
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : ",") + text;
    return all;
}

}  // namespace

tl::expected<Constraints, Reply> Constraints::parse(const Region& region,
                                                    const oauth::Parameters& form) {
    Constraints made;
    const auto take = [&](const char* name) {
        auto values = oauth::allOf(form, name);
        std::erase(values, "");
        if (!values.empty()) made.given_.push_back({name, values, joined(values)});
        return values;
    };
    const auto places = [&](const char* name,
                            const std::vector<Place>& known,
                            Texts& target) -> std::optional<Reply> {
        target = take(name);
        for (const auto& one : target) {
            if (!isPlace(known, one)) {
                return Reply::field(name, "No such " + std::string(name) + ": '" + one + "'.");
            }
        }
        return std::nullopt;
    };
    made.name_ = joined(take("name"));
    made.system_id_ = joined(take("system_id"));
    made.archs_ = take("arch");
    for (auto [name, target] :
         {std::pair{"cpu_count", &made.cpu_count_}, std::pair{"mem", &made.memory_}}) {
        const auto values = take(name);
        if (values.empty()) continue;
        const auto value = numberOf(values.back());
        if (!value) {
            return tl::unexpected(
                Reply::field(name, "Invalid " + std::string(name) + ": number required."));
        }
        *target = *value;
        made.given_.back().resolved = pythonFloat(*value);
    }
    if (auto wrong = places("zone", region.zones, made.zones_)) return tl::unexpected(*wrong);
    if (auto wrong = places("pool", region.pools, made.pools_)) return tl::unexpected(*wrong);
    made.not_zones_ = take("not_in_zone");
    made.not_pools_ = take("not_in_pool");
    made.tags_ = flatten(take("tags"));
    made.not_tags_ = flatten(take("not_tags"));
    Texts unknown;
    for (const auto& tag : made.tags_) {
        if (!region.tags.contains(tag)) unknown.push_back("'" + tag + "'");
    }
    if (!unknown.empty()) {
        return tl::unexpected(Reply::field("tags", "No such tag(s): " + joined(unknown) + "."));
    }
    return made;
}

bool Constraints::fits(const Machine& machine) const {
    const auto isArch = [&](const std::string& arch) {
        return machine.architecture == arch || machine.architecture.starts_with(arch + "/");
    };
    const auto hasTag = [&](const std::string& tag) { return machine.tags.contains(tag); };
    return (name_.empty() || machine.hostname == name_ || machine.hostname + ".maas" == name_) &&
           (system_id_.empty() || machine.id == system_id_) &&
           (archs_.empty() || std::any_of(archs_.begin(), archs_.end(), isArch)) &&
           machine.cpu_count >= cpu_count_ && machine.memory >= memory_ &&
           (zones_.empty() || contains(zones_, machine.zone)) &&
           (pools_.empty() || contains(pools_, machine.pool)) &&
           !contains(not_zones_, machine.zone) && !contains(not_pools_, machine.pool) &&
           std::all_of(tags_.begin(), tags_.end(), hasTag) &&
           std::none_of(not_tags_.begin(), not_tags_.end(), hasTag);
}

std::string Constraints::described() const {
    std::string given, resolved;
    for (const auto& one : given_) {
        std::string values;
        for (const auto& value : one.values) values += (values.empty() ? "'" : ", '") + value + "'";
        given += (given.empty() ? "('" : ", ('") + one.name + "', [" + values + "])";
        resolved += (resolved.empty() ? "" : " ") + one.name + "=" + one.resolved;
    }
    return "[" + given + "] (resolved to \"" + resolved + "\")";
}

}  // namespace pcg::maassim
