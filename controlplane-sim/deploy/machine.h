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
//
// A cloud whose machines are there already (bare metal) lends them: the machine is "pooled", and
// where others are cloned and destroyed it is taken and given back. For it one more rule holds:
//
// * Which one is asked for is chosen, and on the disk, before it is taken. Taking it again is then
//   safe, as a clone of the same name is: it is taken once, or is somebody else's. Only then
//   another one is chosen.
// * After a lost answer nothing is chosen or forgotten before that request can be executed no more:
//   it would take what was given back meanwhile.
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
enum class Origin { Cloned, Pooled };

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

    // Of a pooled machine.
    Origin origin = Origin::Cloned;
    std::string choice;              // the cloud's id of the one that is asked for; empty: none yet
    int failedInstalls = 0;          // in a row
    std::vector<std::string> unfit;  // on which an installation failed, the last ones
    bool discard = false;            // what there is goes back first, then another one is chosen
    bool doubled = false;            // asked for again while it was not known what became of it
    std::optional<WallTime> late;    // until then a request for it may be executed

    friend bool operator==(const Machine&, const Machine&) = default;
};

// What there is of it goes: for good, or to make room for another one.
bool isLeaving(const Machine& machine);

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
    int conflicts = 0;        // the name, or the choice, was another one's
    int attempts = 0;         // in a row, that weather spoiled
};

enum class Step {
    None,
    Forget,
    Find,
    Look,
    Choose,
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
    std::string choice;                  // Choose
    TaskEnd end;                         // FinishTask
    std::vector<std::string> addresses;  // AwaitAddress; empty: none yet
};

enum class Verdict { GoOn, TryAgain, Rest };

inline constexpr int kMaxAttempts = 100;
inline constexpr int kMaxConflicts = 20;
inline constexpr std::chrono::minutes kLateness{2};  // no request is executed later than that
inline constexpr int kMaxInstalls = 3;
inline constexpr std::size_t kMaxUnfit = 8;
inline constexpr std::chrono::minutes kAddressPatience{30};

Verdict apply(
    Machine& machine, Sight& sight, Step step, const Result<Outcome>& outcome, WallTime now);

// For a failed machine that shall be tried again.
void revive(Machine& machine, WallTime now);

}  // namespace pcg::controlplane::deploy
