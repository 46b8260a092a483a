// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "vcenter-proxy/policy/members.h"
#include "vcenter-proxy/policy/reader.h"

#include <algorithm>
#include <array>

namespace pcg::policy::detail {
namespace {

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

int readTime(Context& context, const Node& node, std::string_view what) {
    const auto text = textOf(context, node, what);
    const auto colon = text.find(':');
    const auto hours = parseUnsigned(std::string_view(text).substr(0, colon));
    const auto minutes = colon == std::string::npos
                             ? std::nullopt
                             : parseUnsigned(std::string_view(text).substr(colon + 1));
    const bool good = text.size() == 5 && hours && minutes && *minutes < 60 &&
                      (*hours < 24 || (*hours == 24 && *minutes == 0));
    if (good) return static_cast<int>(*hours * 60 + *minutes);
    if (!text.empty()) {
        context.problems.error(
            node.at, "\"" + std::string(what) + "\" must be a time like 08:30, up to 24:00");
    }
    return 0;
}

void readDays(Context& context, const Node& node, Window& window) {
    const std::vector<std::string> known(kDays.begin(), kDays.end());
    const auto dayOf = [&](std::string_view name) -> std::optional<std::size_t> {
        const auto found = std::find(kDays.begin(), kDays.end(), name);
        if (found == kDays.end()) return std::nullopt;
        return static_cast<std::size_t>(found - kDays.begin());
    };
    for (const auto& word : wordsOf(context, node, "days")) {
        const auto dash = word.text.find('-');
        const auto first = dayOf(std::string_view(word.text).substr(0, dash));
        const auto last =
            dash == std::string::npos ? first : dayOf(std::string_view(word.text).substr(dash + 1));
        if (!first || !last) {
            context.problems.error(word.at,
                                   "\"" + word.text + "\" is no day; write mon, or mon-fri." +
                                       meant(context, word.text, known));
            continue;
        }
        for (auto day = *first;; day = (day + 1) % 7) {
            window.days.set(day);
            if (day == *last) break;
        }
    }
}

std::unique_ptr<Window> readWindow(Context& context, const Member& member) {
    const auto* object = objectOf(context, member.value, member.name);
    if (object == nullptr) return nullptr;
    checkMembers(context, *object, members::kWindow);
    auto window = std::make_unique<Window>();
    window->name = member.name;
    window->at = member.at;
    if (!isName(member.name)) {
        context.problems.error(member.at, "a window's name has a-z, 0-9, - and _ only");
    }
    if (const auto* days = find(*object, "days")) {
        readDays(context, *days, *window);
    } else {
        window->days.set();
    }
    const auto* from = find(*object, "from");
    const auto* to = find(*object, "to");
    if (from != nullptr) window->from = readTime(context, *from, "from");
    if (to != nullptr) window->to = readTime(context, *to, "to");
    if (window->from == window->to) {
        context.problems.error(member.at, "this window is empty: \"from\" and \"to\" are the same");
    }
    const auto* zone = find(*object, "time_zone");
    if (zone == nullptr) {
        context.problems.error(member.at,
                               "a window needs \"time_zone\", like Europe/Berlin, or UTC");
    } else {
        window->zone_name = textOf(context, *zone, "time_zone");
        auto found = window->zone_name.empty() ? Result<std::shared_ptr<const TimeZone>>(nullptr)
                                               : context.vocabulary.zones(window->zone_name);
        if (!found) context.problems.error(zone->at, found.error().message());
        if (found) window->zone = std::move(*found);
    }
    return window;
}

}  // namespace

bool isName(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

void readWindows(Context& context, const Node& node, Policy& policy) {
    const auto* object = objectOf(context, node, "windows");
    if (object == nullptr) return;
    for (const auto& member : *object) {
        if (auto window = readWindow(context, member)) policy.windows.push_back(std::move(window));
    }
}

}  // namespace pcg::policy::detail
