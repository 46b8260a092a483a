// SPDX-License-Identifier: Apache-2.0
// One machine of a deployment: what is remembered of it, and the pure rules by which it moves.
//
// next() says what to do, prepare() what must be durable before it is done, apply() what its
// answer means. Nothing here does I/O or knows a clock. The rules hold whatever is lost in between:
//
// * A machine has a random instance UUID that is written before anything is asked of the cloud and
//   goes out in the clone itself. So a clone whose answer was lost is found by it, and adopted.
// * A clone is only asked for after a search found none, always under the same name in the same
//   folder: the cloud makes at most one of them.
// * A clone whose fate is unknown (cloneSent, no vm) is settled before the machine is forgotten:
//   by finding it, or by asking for it again under the same name, which tells: the clone that is
//   made now, or is refused because of the one that was made, is ours.
// * Nothing is switched off or destroyed that does not carry the machine's marks.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane::deploy {

enum class Role { ControlPlane, Worker };
enum class Phase { Planned, Cloning, Customising, PoweringOn, WaitingForAddress, Ready };
enum class TaskKind { None, Clone, Customise, PowerOn, PowerOff, Destroy };

struct Machine {
    std::string name;  // unique in its deployment, and the machine's name in the cloud
    Role role = Role::Worker;
    int ordinal = 1;
    std::string uuid;

    bool wished = true;   // whoever changes this does not run the machine; see Ledger::save
    bool failed = false;  // at rest until somebody retries or does not wish it any more
    Phase phase = Phase::Planned;
    bool cloneSent = false;  // a clone may exist that we do not know
    std::string vm;          // the cloud's id of it
    std::string task;        // started, its end not seen
    TaskKind taskKind = TaskKind::None;
    std::vector<std::string> addresses;
    std::string why;  // a sentence, when something is not as it should be
    WallTime changedAt;

    friend bool operator==(const Machine&, const Machine&) = default;
};

// "planned", ..., "ready", "deleting", "failed".
std::string_view stateName(const Machine& machine);
std::string_view roleName(Role role);

// A machine of the cloud.
struct Seen {
    std::string vm;
    bool ours = false;  // carries the marks of the machine that was asked for
    bool on = false;
};

// What is known for the time being and is found out anew after a restart.
struct Sight {
    bool searched = false;
    std::optional<Seen> seen;
    bool doubt = false;  // something was not found: is it the machine?
    bool looked = false;
    bool firstClone = false;  // no earlier clone is in doubt
    int absences = 0;         // searches that found none after a clone was refused
    int conflicts = 0;
    int attempts = 0;  // in a row, that weather spoiled
};

enum class Step {
    None,
    Forget,
    Find,
    Look,
    Clone,
    Customise,
    PowerOn,
    PowerOff,
    Destroy,
    FinishTask,
    AwaitAddress
};

// The change of a machine that the step begins; None for a step that only looks or waits.
TaskKind changeOf(Step step);

Step next(const Machine& machine, const Sight& sight);

// The marks that must be on the disk before the step is taken. True if the machine must be saved
// first.
bool prepare(Machine& machine, Sight& sight, Step step);

struct TaskEnd {
    bool over = false;  // else it goes on, ask again
    std::optional<Error> fault;
    std::string vm;  // the clone
};

struct Outcome {
    std::optional<Seen> seen;            // Find, Look; nothing: there is none
    std::string task;                    // what starts one; empty: it was done at once
    TaskEnd end;                         // FinishTask
    std::vector<std::string> addresses;  // AwaitAddress; empty: none yet
};

enum class Verdict { GoOn, TryAgain, Rest };

inline constexpr int kMaxAttempts = 100;
inline constexpr int kMaxConflicts = 20;
inline constexpr std::chrono::minutes kAddressPatience{30};

Verdict apply(
    Machine& machine, Sight& sight, Step step, const Result<Outcome>& outcome, WallTime now);

// For a failed machine that shall be tried again.
void revive(Machine& machine, WallTime now);

}  // namespace pcg::controlplane::deploy
