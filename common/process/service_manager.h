// SPDX-License-Identifier: Apache-2.0
// Tells whoever started the process (systemd, Type=notify) that it is ready and that it still runs:
// datagrams to NOTIFY_SOCKET, as sd_notify(3) and sd_watchdog_enabled(3) have them. Nothing without
// that variable. What cannot be sent is lost: whoever waits for it acts by its own time limit.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pcg::process {

class ServiceManager {
  public:
    // Of this process: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID.
    static ServiceManager fromEnvironment();

    // Once; whoever depends on the process is started then.
    void ready() const { send("READY=1"); }

    void stopping() const { send("STOPPING=1"); }

    // It has to come more often than every `watchdog()`.
    void alive() const { send("WATCHDOG=1"); }

    // After how long without alive() the process is killed; nothing: nobody watches.
    std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  private:
    void send(std::string_view word) const;

    std::string address_;  // '@' in front: abstract
    std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace pcg::process
