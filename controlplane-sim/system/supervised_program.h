// SPDX-License-Identifier: Apache-2.0
// A program of ours that runs as a child: started, started again when it ends, and ended together
// with its files.
//
// One thread each (`system-gateway`) owns the child, its log and its files; the child dies with it,
// also when this process is killed (broker/child_process.h). It never gives up: waits between
// starts have full jitter and a cap. Everything later than start() is told to the observer.
#pragma once

#include "common/base/random.h"
#include "common/base/result.h"
#include "controlplane-sim/system/confinement.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

class SupervisedProgram {
  public:
    struct Options {
        std::filesystem::path executable;
        std::vector<std::string> arguments;
        std::filesystem::path log;
        std::function<Result<>()> prepare;             // its files, before each start
        std::optional<Confinement::Files> confinedTo;  // none: it may what we may
        std::function<Result<>()> wipe;                // and after its end, if nothing is to remain
        std::chrono::milliseconds stopLimit{2'000};    // from SIGTERM to SIGKILL
        std::chrono::milliseconds backoffBase{500};
        std::chrono::milliseconds backoffCap{30'000};
    };

    enum class Ending {
        Keep,  // SIGTERM, later SIGKILL; its files stay
        Wipe   // SIGKILL at once, then wipe()
    };

    // Called on the program's thread: post to the loop and return.
    struct Observer {
        std::function<void(int pid)> onStarted;
        std::function<void(const std::string& why)> onDown;
        std::function<void(Result<> wiped)> onEnded;  // the last call
    };

    // `random` must be thread-safe and outlive this object.
    SupervisedProgram(Options options, Observer observer, Random& random);
    ~SupervisedProgram();  // end(Keep) if nobody said otherwise, and waits
    SupervisedProgram(const SupervisedProgram&) = delete;
    SupervisedProgram& operator=(const SupervisedProgram&) = delete;

    // Returns at once; onEnded comes. The first call decides.
    void end(Ending how);

  private:
    class Supervisor;
    std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace pcg::controlplane
