// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "test/peers/maas-sim/api.h"
#include "test/peers/maas-sim/render.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace pcg::maassim {
namespace {

namespace json = codec::json;

std::string eventTime(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%a, %d %b. %Y %H:%M:%S", &parts);
    return text.data();
}

json::Object eventJson(const Event& event) {
    json::Object object;
    object.set("username", event.user)
        .set("node", event.node)
        .set("hostname", event.hostname)
        .set("id", event.id)
        .set("level", event.level)
        .set("created", eventTime(event.created))
        .set("type", event.type)
        .set("description", event.description);
    return object;
}

}  // namespace

Reply Api::queryEvents(const Request& request, const Ids&) {
    const auto& query = request.query_parameters;
    const auto number = [&](const char* name) { return parseUnsigned(textOf(query, name)); };
    const auto limit = oauth::lastOf(query, "limit") == nullptr ? std::optional<std::uint64_t>(100)
                                                                : number("limit");
    if (!limit) return Reply::text(400, "Invalid limit: Please enter a number");
    if (*limit > 1000)
        return Reply::text(400,
                           "Requested number of events " + std::to_string(*limit) +
                               " is greater than limit: 1000");
    const auto after = number("after");
    const auto before = number("before");
    if (after && before) {
        return Reply::text(
            400, "There is undetermined behaviour when both `after` and `before` are specified.");
    }
    const auto level = textOf(query, "level");
    constexpr std::array<std::string_view, 6> kLevels{
        "AUDIT", "CRITICAL", "DEBUG", "ERROR", "INFO", "WARNING"};
    if (!level.empty() && std::find(kLevels.begin(), kLevels.end(), level) == kLevels.end()) {
        return Reply::text(400, "Unrecognised log level: " + level);
    }
    std::vector<const Event*> fitting;
    const auto hostnames = oauth::allOf(query, "hostname");
    const auto fits = [&](const Event& event) {
        if (after && event.id <= static_cast<std::int64_t>(*after)) return false;
        if (before && event.id >= static_cast<std::int64_t>(*before)) return false;
        return hostnames.empty() ||
               std::find(hostnames.begin(), hostnames.end(), event.hostname) != hostnames.end();
    };
    for (const auto& event : region_.events) {
        if (fits(event)) fitting.push_back(&event);
    }
    // The oldest behind `after`, else the newest; the newest first in the answer.
    if (fitting.size() > *limit) {
        const auto surplus = static_cast<std::ptrdiff_t>(fitting.size() - *limit);
        if (after) fitting.erase(fitting.end() - surplus, fitting.end());
        if (!after) fitting.erase(fitting.begin(), fitting.begin() + surplus);
    }
    std::reverse(fitting.begin(), fitting.end());
    json::Array items;
    for (const auto* event : fitting) items.emplace_back(eventJson(*event));
    std::string same;
    for (const auto& [name, value] : query) {
        if (name != "op" && name != "after" && name != "before") {
            same += "&" + name + "=" + oauth::percentEncode(value);
        }
    }
    const auto newest = fitting.empty() ? 0 : fitting.front()->id;
    const auto oldest = fitting.empty() ? 0 : fitting.back()->id;
    const std::string base = std::string(kBase) + "events/?op=query" + same;
    const auto count = static_cast<std::int64_t>(items.size());
    return Reply::json(json::Object()
                           .set("count", count)
                           .set("events", std::move(items))
                           .set("next_uri", base + "&after=" + std::to_string(newest))
                           .set("prev_uri", base + "&before=" + std::to_string(oldest)));
}

}  // namespace pcg::maassim
