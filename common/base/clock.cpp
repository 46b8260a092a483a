// SPDX-License-Identifier: Apache-2.0
#include "common/base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace pcg {

std::int64_t toUnixMilliseconds(WallTime time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallTime fromUnixMilliseconds(std::int64_t milliseconds) {
    return WallTime{
        std::chrono::duration_cast<WallTime::duration>(std::chrono::milliseconds(milliseconds))};
}

std::string toRfc3339(WallTime time) {
    const auto total = toUnixMilliseconds(time);
    auto milliseconds = total % 1000;
    auto seconds = static_cast<std::time_t>(total / 1000);
    if (milliseconds < 0) {
        milliseconds += 1000;
        --seconds;
    }
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 80> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                  parts.tm_year + 1900,
                  parts.tm_mon + 1,
                  parts.tm_mday,
                  parts.tm_hour,
                  parts.tm_min,
                  parts.tm_sec,
                  static_cast<int>(milliseconds));
    return text.data();
}

}  // namespace pcg
