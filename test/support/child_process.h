// SPDX-License-Identifier: Apache-2.0
// A real process under test: started, listened to, ended. Never left behind.
//
// Waiting means waiting for a line or for the end, with a deadline; a test never sleeps. Throws
// when the process does not do what the test waits for, with what it said instead.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace pcg::test {

class ChildProcess {
  public:
    static constexpr std::chrono::seconds kPatience{20};

    // Standard input is /dev/null, or `input`.
    explicit ChildProcess(const std::vector<std::string>& command, const std::string& input = {});
    ~ChildProcess();  // SIGKILL if it still runs
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    // Until standard output and error together hold `text`.
    void expect(const std::string& text);

    void signal(int number) const;

    // Exit code, or 128 + the signal that ended it.
    int wait();

    // What it said so far; after wait() everything.
    const std::string& out() const { return said_[0]; }

    const std::string& err() const { return said_[1]; }

    pid_t pid() const { return pid_; }

  private:
    bool readSome(std::chrono::steady_clock::time_point deadline);

    pid_t pid_ = -1;
    int pipes_[2] = {-1, -1};
    std::string said_[2];
};

struct Finished {
    int code;
    std::string out;
    std::string err;
};

Finished run(const std::vector<std::string>& command, const std::string& input = {});

}  // namespace pcg::test
