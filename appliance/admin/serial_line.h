// SPDX-License-Identifier: Apache-2.0
// A serial port, whose other end belongs to whoever administers the hypervisor: what is typed
// there, and as text a support bundle out of a machine that nobody reaches by the network.
#pragma once

#include "common/base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pcg::appliance {

inline constexpr ErrorCode kNoSerialPort{ErrorClass::Input, "appliance.no_serial_port"};
inline constexpr ErrorCode kSerialStuck{ErrorClass::Weather, "appliance.serial_stuck"};

// Base64 between two marks; the last one carries the archive's SHA-256. Pure.
std::string asLines(std::string_view archive);

// Until all is written; whoever shares the port waits meanwhile (SharedLine). Blocking.
// appliance.no_serial_port: it cannot be opened, or is not there. appliance.serial_stuck: nothing
// was taken for `patience`.
Result<> writeToPort(const std::string& device,
                     std::string_view text,
                     std::chrono::milliseconds patience);

// What somebody types, in lines: of a terminal, whose end of input (Ctrl-D) ends nothing, or of a
// pipe. One thread.
class TypedLines {
  public:
    explicit TypedLines(int descriptor) : descriptor_(descriptor) {}

    // The next line without its end, waiting for it that long at most, and in any case where
    // nothing can be typed any more. One that is too long is cut.
    std::optional<std::string> next(std::chrono::milliseconds wait);

  private:
    std::optional<std::string> whole();

    int descriptor_;
    std::string typed_;  // bounded
};

// Held while something is written that nothing may come between.
class SharedLine {
  public:
    explicit SharedLine(int descriptor);  // waits; nothing happens where it cannot be locked
    ~SharedLine();

    SharedLine(const SharedLine&) = delete;
    SharedLine& operator=(const SharedLine&) = delete;

  private:
    int descriptor_;
};

}  // namespace pcg::appliance
