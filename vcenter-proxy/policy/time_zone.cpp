// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/time_zone.h"

#include <algorithm>
#include <fstream>

namespace pcg::policy {
namespace {

constexpr std::size_t kHeader = 44;
constexpr std::size_t kLongestFile = 128 * 1024;
constexpr std::uint32_t kMostChanges = 4096;
constexpr std::int64_t kDay = 86'400;

tl::unexpected<Error> bad(std::string_view why) {
    return fail(kBadZone, "the table of the time zone cannot be read: " + std::string(why));
}

std::uint64_t bigEndian(BytesView bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[at + i];
    return value;
}

struct Header {
    std::uint32_t utc = 0, standard = 0, leap = 0, times = 0, types = 0, names = 0;

    std::size_t body(std::size_t time) const {
        return times * (time + 1) + types * 6ULL + names + leap * (time + 4) + standard + utc;
    }
};

Result<Header> readHeader(BytesView bytes) {
    if (bytes.size() < kHeader || asText(bytes.first(4)) != "TZif") return bad("it is no TZif");
    Header header;
    std::size_t at = 20;
    for (auto* count : {&header.utc,
                        &header.standard,
                        &header.leap,
                        &header.times,
                        &header.types,
                        &header.names}) {
        *count = static_cast<std::uint32_t>(bigEndian(bytes, at, 4));
        if (*count > kMostChanges) return bad("it is too long");
        at += 4;
    }
    if (header.types == 0) return bad("it has no types");
    return header;
}

// A cursor over "CET-1CEST,M3.5.0,M10.5.0/3".
struct Cursor {
    std::string_view left;

    bool take(char c) {
        if (left.empty() || left.front() != c) return false;
        left.remove_prefix(1);
        return true;
    }

    bool name() {
        std::size_t size = 0;
        if (take('<')) {
            size = left.find('>');
            if (size == std::string_view::npos) return false;
            left.remove_prefix(size + 1);
            return true;
        }
        while (size < left.size() && ((left[size] >= 'A' && left[size] <= 'Z') ||
                                      (left[size] >= 'a' && left[size] <= 'z')))
            ++size;
        left.remove_prefix(size);
        return size >= 3;
    }

    bool number(int most, int& into) {
        into = 0;
        std::size_t size = 0;
        while (size < left.size() && left[size] >= '0' && left[size] <= '9' && into <= most)
            into = into * 10 + (left[size++] - '0');
        left.remove_prefix(size);
        return size > 0 && into <= most;
    }

    // "[+-]HH[:MM[:SS]]", in seconds.
    bool time(std::int32_t& into) {
        const bool minus = take('-');
        if (!minus) take('+');
        int hours = 0;
        int minutes = 0;
        int seconds = 0;
        if (!number(167, hours)) return false;
        if (take(':') && !number(59, minutes)) return false;
        if (take(':') && !number(59, seconds)) return false;
        into = (hours * 60 + minutes) * 60 + seconds;
        if (minus) into = -into;
        return true;
    }
};

int yearOf(std::int64_t second) {
    const auto day = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds(std::chrono::seconds(second)));
    return static_cast<int>(std::chrono::year_month_day(day).year());
}

}  // namespace

Result<TimeZone::Rule> TimeZone::parseRule(std::string_view text) {
    Cursor cursor{text};
    Rule rule;
    const auto broken = [] { return bad("its rule"); };
    if (!cursor.name() || !cursor.time(rule.winter)) return broken();
    rule.winter = -rule.winter;  // POSIX counts westward
    rule.summer = rule.winter + 3600;
    if (cursor.left.empty()) return rule;
    rule.has_summer = true;
    if (!cursor.name()) return broken();
    if (!cursor.left.empty() && cursor.left.front() != ',') {
        if (!cursor.time(rule.summer)) return broken();
        rule.summer = -rule.summer;
    }
    for (auto* day : {&rule.to_summer, &rule.to_winter}) {
        const bool read = cursor.take(',') && cursor.take('M') && cursor.number(12, day->month) &&
                          cursor.take('.') && cursor.number(5, day->week) && cursor.take('.') &&
                          cursor.number(6, day->weekday);
        if (!read || day->month == 0 || day->week == 0) return broken();
        if (cursor.take('/') && !cursor.time(day->second)) return broken();
    }
    if (!cursor.left.empty()) return broken();
    return rule;
}

Result<TimeZone> TimeZone::parse(BytesView tzif) {
    if (tzif.size() > kLongestFile) return bad("it is too long");
    const auto first = PCG_TRY(readHeader(tzif));
    if (tzif[4] < '2') return bad("it is of version 1");
    const std::size_t skipped = kHeader + first.body(4);
    if (skipped >= tzif.size()) return bad("it is cut off");
    const auto bytes = tzif.subspan(skipped);
    const auto header = PCG_TRY(readHeader(bytes));
    const std::size_t end = kHeader + header.body(8);
    if (end > bytes.size()) return bad("it is cut off");
    const std::size_t kinds = kHeader + header.times * 8ULL;
    const std::size_t types = kinds + header.times;
    const auto offsetOf = [&](std::size_t type) {
        return static_cast<std::int32_t>(bigEndian(bytes, types + type * 6, 4));
    };
    TimeZone zone;
    zone.first_ = offsetOf(0);
    for (std::size_t i = 0; i < header.times; ++i) {
        const std::size_t type = bytes[kinds + i];
        if (type >= header.types) return bad("a type is missing");
        const auto at = static_cast<std::int64_t>(bigEndian(bytes, kHeader + i * 8, 8));
        if (!zone.changes_.empty() && at <= zone.changes_.back().at) return bad("its order");
        zone.changes_.push_back({at, offsetOf(type)});
    }
    auto footer = asText(bytes.subspan(end));
    if (footer.size() < 2 || footer.front() != '\n') return zone;
    footer.remove_prefix(1);
    footer = footer.substr(0, footer.find('\n'));
    if (footer.empty()) return zone;
    const auto rule = parseRule(footer);
    // Some zones have rules of other kinds; what is listed reaches until 2037.
    if (!rule && zone.changes_.empty()) return fail(rule.error());
    zone.has_rule_ = rule.has_value();
    if (rule) zone.rule_ = *rule;
    return zone;
}

// Of local time without its offset.
std::int64_t TimeZone::secondOf(const Switch& day, int year) {
    using namespace std::chrono;
    const auto month_of = std::chrono::year(year) / month(static_cast<unsigned>(day.month));
    const weekday on(static_cast<unsigned>(day.weekday));
    const sys_days found = day.week == 5 ? sys_days(month_of / on[last])
                                         : sys_days(month_of / on[static_cast<unsigned>(day.week)]);
    return found.time_since_epoch().count() * kDay + day.second;
}

std::int32_t TimeZone::byRule(std::int64_t second) const {
    if (!rule_.has_summer) return rule_.winter;
    const int year = yearOf(second + rule_.winter);
    const auto summer = secondOf(rule_.to_summer, year) - rule_.winter;
    const auto winter = secondOf(rule_.to_winter, year) - rule_.summer;
    const bool is_summer =
        summer < winter ? second >= summer && second < winter : second >= summer || second < winter;
    return is_summer ? rule_.summer : rule_.winter;
}

std::chrono::seconds TimeZone::offsetAt(WallTime when) const {
    const auto second = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
    const bool beyond = changes_.empty() || second >= changes_.back().at;
    if (beyond && has_rule_) return std::chrono::seconds(byRule(second));
    const auto next = std::upper_bound(
        changes_.begin(), changes_.end(), second, [](std::int64_t value, const Change& change) {
            return value < change.at;
        });
    return std::chrono::seconds(next == changes_.begin() ? first_ : std::prev(next)->offset);
}

bool isZoneName(std::string_view name) {
    const bool plain =
        !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '/' || c == '_' || c == '-' || c == '+';
        });
    return plain && name.front() != '/' && name.back() != '/' &&
           name.find("//") == std::string_view::npos;
}

Result<std::shared_ptr<const TimeZone>> systemZone(const std::string& name) {
    if (name == "UTC") return std::make_shared<const TimeZone>(TimeZone::utc());
    const auto unknown = [&] {
        return fail(kBadZone,
                    "the time zone \"" + name +
                        "\" is not known on this machine; name it like Europe/Berlin, or UTC");
    };
    if (!isZoneName(name)) return unknown();
    std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
    if (!file) return unknown();
    Bytes bytes(kLongestFile + 1);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (bytes.empty()) return unknown();
    auto zone = PCG_TRY(TimeZone::parse(bytes));
    return std::make_shared<const TimeZone>(std::move(zone));
}

}  // namespace pcg::policy
