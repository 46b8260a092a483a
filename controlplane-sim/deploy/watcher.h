// SPDX-License-Identifier: Apache-2.0
// Who is told what the orchestrator does, and what a step was to a machine.
#pragma once

#include "controlplane-sim/deploy/cloud.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pcg::controlplane::deploy {

// What the orchestrator did, for the audit and for live views. Never waits.
class Watcher {
  public:
    virtual ~Watcher() = default;
    virtual void changed(const DeploymentKey& key) = 0;

    enum class End { Done, Failed, Unknown };

    // A change of a machine that is over. What never came to the cloud is none.
    struct Act {
        TaskKind change;
        Origin origin;
        std::string machine;
        std::string vm;  // may be empty
        End end;
        std::optional<std::chrono::milliseconds> took;  // nothing: it began before a restart
        std::string why;                                // unless it was done
    };

    virtual void acted(const DeploymentKey& key, const Act& act) = 0;
};

std::string_view nameOf(Step step);

// Why it did not go well; nothing if it did.
const Error* errorOf(const Result<Outcome>& outcome);

// The change that is over with this step, well or not; none when it has only begun, was surely not
// sent, or is asked for again.
TaskKind endedBy(const Machine& machine, Step step, const Result<Outcome>& outcome);
Watcher::End endOf(Step step, const Result<Outcome>& outcome);

}  // namespace pcg::controlplane::deploy
