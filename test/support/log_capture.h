// SPDX-License-Identifier: Apache-2.0
// Keeps the log of a test, so that it can be asserted on (and so that it does not clutter the
// output).
#pragma once

#include "common/base/synchronized.h"
#include "common/log/log.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::test {

// Takes the process-wide sink for its lifetime. Thread-safe.
class LogCapture final : public log::Sink {
  public:
    explicit LogCapture(log::Level level = log::Level::Debug);
    ~LogCapture() override;
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    void line(log::Level level, std::string_view json) noexcept override;

    std::vector<std::string> lines() const;
    bool contains(std::string_view part) const;

    // The number of lines with that event name.
    std::size_t count(std::string_view event) const;

  private:
    log::Sink* previous_;
    Synchronized<std::vector<std::string>> lines_;
};

}  // namespace pcg::test
