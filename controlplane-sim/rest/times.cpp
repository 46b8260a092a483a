// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/times.h"

#include "common/base/text.h"

namespace pcg::controlplane::rest {
namespace {

// Digits at `at`, as many as `count`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (text.size() < at + count) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = 10 * value + (c - '0');
    }
    return value;
}

std::optional<std::chrono::sys_days> parseDay(std::string_view text) {
    const auto year = digits(text, 0, 4);
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::optional<std::chrono::milliseconds> parseOfDay(std::string_view text) {
    const auto hours = digits(text, 0, 2);
    const auto minutes = digits(text, 3, 2);
    const auto seconds = digits(text, 6, 2);
    if (!hours || !minutes || !seconds || text[2] != ':' || text[5] != ':') return std::nullopt;
    if (*hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
    std::chrono::milliseconds time = std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
                                     std::chrono::seconds(*seconds);
    auto rest = text.substr(8);
    if (rest.size() == 5) {
        const auto fraction = digits(rest, 1, 3);
        if (!fraction || rest[0] != '.') return std::nullopt;
        time += std::chrono::milliseconds(*fraction);
        rest = rest.substr(4);
    }
    if (rest != "Z") return std::nullopt;
    return time;
}

}  // namespace

std::optional<WallTime> parseTime(std::string_view text) {
    const auto day = parseDay(text);
    if (!day) return std::nullopt;
    if (text.size() == 10) return WallTime(*day);
    if (text[10] != 'T') return std::nullopt;
    const auto ofDay = parseOfDay(text.substr(11));
    if (!ofDay) return std::nullopt;
    return WallTime(*day) + *ofDay;
}

Checked<std::optional<WallTime>> queryTime(const Call& call, std::string_view name) {
    const auto text = PCG_TRY(call.queryText(name, 32));
    if (text.empty()) return std::nullopt;
    const auto time = parseTime(text);
    if (!time) {
        return refuseField(name,
                           "\"" + std::string(name) +
                               "\" must be a time such as 2026-11-21T10:00:00Z, or a day such as "
                               "2026-11-21.");
    }
    return time;
}

}  // namespace pcg::controlplane::rest
