// SPDX-License-Identifier: Apache-2.0
// What is known of the machine's clock: from systemd-timesyncd, else from the kernel (chrony,
// ntpd).
#pragma once

#include "common/base/clock.h"

#include <string_view>

#include "appliance/console/facts.h"

namespace pcg::appliance {

// Remembers what it was told for a minute: to ask costs a process. One thread.
class ClockLook {
  public:
    ClockFacts look();

  private:
    void askTimesyncd();

    SystemClock clock_;
    std::optional<SteadyTime> asked_;
    ClockFacts said_;
};

// What `busctl --json=short get-property ... ServerName NTPMessage` of org.freedesktop.timesync1
// prints: an object of JSON a line. Pure; what cannot be read is not known.
ClockFacts readTimesync(std::string_view printed);

}  // namespace pcg::appliance
