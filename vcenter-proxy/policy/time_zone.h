// SPDX-License-Identifier: Apache-2.0
// Local time in a zone that is named in a policy ("Europe/Berlin"), from the system's own tables
// (TZif, RFC 8536), and "UTC". The C library would do it for the whole process and one zone only.
//
// parse() takes the file's octets and trusts none of them. Beyond the last transition that the file
// lists its rule (a POSIX TZ string) counts. Values, any thread.
#pragma once

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::policy {

inline constexpr ErrorCode kBadZone{ErrorClass::Input, "policy.time_zone"};

class TimeZone {
  public:
    static Result<TimeZone> parse(BytesView tzif);

    static TimeZone utc() { return {}; }

    // What has to be added to UTC at this moment to get local time.
    std::chrono::seconds offsetAt(WallTime when) const;

  private:
    struct Change {
        std::int64_t at = 0;  // Unix seconds
        std::int32_t offset = 0;
    };

    // "M3.5.0/2": the day on which summer or winter begins, and the second of it, in local time.
    struct Switch {
        int month = 0;
        int week = 0;
        int weekday = 0;
        std::int32_t second = 7200;
    };

    struct Rule {
        std::int32_t winter = 0;
        std::int32_t summer = 0;
        bool has_summer = false;
        Switch to_summer;
        Switch to_winter;
    };

    static Result<Rule> parseRule(std::string_view text);
    static std::int64_t secondOf(const Switch& day, int year);
    std::int32_t byRule(std::int64_t second) const;

    std::int32_t first_ = 0;
    std::vector<Change> changes_;
    bool has_rule_ = false;
    Rule rule_;
};

// Finds a zone by name; an error names it.
using ZoneSource = std::function<Result<std::shared_ptr<const TimeZone>>(const std::string& name)>;

// "Area/City" as the database names zones; nothing that leads out of its folder.
bool isZoneName(std::string_view name);

// Reads /usr/share/zoneinfo. Blocks for one small file.
Result<std::shared_ptr<const TimeZone>> systemZone(const std::string& name);

}  // namespace pcg::policy
