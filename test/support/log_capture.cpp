// SPDX-License-Identifier: Apache-2.0
#include "test/support/log_capture.h"

#include <algorithm>

namespace pcg::test {

LogCapture::LogCapture(log::Level level) : previous_(log::setSink(this)) { log::setLevel(level); }

LogCapture::~LogCapture() {
    log::setSink(previous_);
    log::setLevel(log::Level::Info);
}

void LogCapture::line(log::Level, std::string_view json) noexcept {
    lines_.withLock([&](auto& lines) { lines.emplace_back(json); });
}

std::vector<std::string> LogCapture::lines() const {
    return lines_.withLock([](const auto& lines) { return lines; });
}

bool LogCapture::contains(std::string_view part) const {
    return lines_.withLock([&](const auto& lines) {
        return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.find(part) != std::string::npos;
        });
    });
}

std::size_t LogCapture::count(std::string_view event) const {
    const auto needle = "\"event\":\"" + std::string(event) + '"';
    return lines_.withLock([&](const auto& lines) {
        return static_cast<std::size_t>(
            std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
                return line.find(needle) != std::string::npos;
            }));
    });
}

}  // namespace pcg::test
