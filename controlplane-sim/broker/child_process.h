// SPDX-License-Identifier: Apache-2.0
// A child process that cannot outlive us: its own process group (so that Ctrl-C reaches us first),
// killed by the kernel when the thread that started it dies (PR_SET_PDEATHSIG, prctl(2)), so a
// SIGKILLed control plane leaves no broker behind. Must be started and ended on one thread that
// lives as long as the child.
#pragma once

#include "common/base/result.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace pcg::controlplane::broker {

class ChildProcess {
  public:
    // broker.start when it cannot be executed, with the reason. `landlockRuleset`: what the program
    // is confined by (system/confinement.h); -1: nothing.
    static Result<ChildProcess> start(const std::filesystem::path& executable,
                                      const std::vector<std::string>& arguments,
                                      int landlockRuleset = -1);

    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();  // kills what still runs

    pid_t pid() const { return pid_; }

    // Readable while it writes to stdout or stderr; at its end when the child is gone.
    int outputDescriptor() const { return output_; }

    // SIGTERM, then SIGKILL after the limit; returns when the child is gone.
    void terminate(std::chrono::milliseconds limit);

    // Waits for a child that has closed its output; kills it if it lingers. "exited with status 1".
    std::string reap(std::chrono::milliseconds limit);

  private:
    ChildProcess(pid_t pid, int output) : pid_(pid), output_(output) {}

    bool exitedWithin(std::chrono::milliseconds limit);

    pid_t pid_;
    int output_;
    int status_ = 0;
};

// In PATH and in the sbin directories, which are not in everybody's PATH. broker.not_installed says
// how to get it.
Result<std::filesystem::path> findNatsServer();

}  // namespace pcg::controlplane::broker
