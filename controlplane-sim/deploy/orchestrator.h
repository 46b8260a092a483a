// SPDX-License-Identifier: Apache-2.0
// Drives every deployment to what is wished of it: one coroutine for each that is not at rest, and
// under it one for each machine that moves, at most kMachinesAtOnce of a deployment and
// kMachinesOfTenant of a tenant.
//
// What is durable decides: every step is taken from what was loaded or saved last, so a kill at any
// moment is only a pause. Whoever changes a deployment in the database calls nudge(). Loop thread
// only; start() once, await stop() before destruction.
#pragma once

#include "common/base/random.h"
#include "controlplane-sim/deploy/cloud.h"
#include "controlplane-sim/deploy/watcher.h"

#include <functional>
#include <map>
#include <set>

namespace pcg::controlplane::deploy {

inline constexpr std::size_t kMachinesAtOnce = 4;
inline constexpr std::size_t kMachinesOfTenant = 8;

// A wait that can be cut short. The real one is a timer; tests let time jump.
class Pauses {
  public:
    virtual ~Pauses() = default;
    virtual net::Task<void> pause(DeploymentKey key, std::chrono::milliseconds duration) = 0;
    virtual void cutShort(const DeploymentKey& key) = 0;
    virtual void cutAll() = 0;
};

class Orchestrator {
  public:
    struct Parts {
        net::Loop& loop;
        Ledger& ledger;
        CloudSource& clouds;
        Pauses& pauses;
        Watcher& watcher;
        const Clock& clock;
        Random& random;
    };

    explicit Orchestrator(Parts parts) : parts_(parts) {}

    net::Task<Result<>> start();
    void nudge(const DeploymentKey& key);

    // Nothing new is begun; what waits for the cloud may end within `drain`.
    net::Task<void> stop(std::chrono::milliseconds drain);

    bool idle() const { return runs_.empty(); }

  private:
    struct Run;
    struct Drive;
    using RunPtr = std::shared_ptr<Run>;
    using DrivePtr = std::shared_ptr<Drive>;

    net::Task<void> run(RunPtr run);
    enum class Round { Again, Wait, Over };
    net::Task<Round> round(RunPtr run);
    net::Task<Round> settle(RunPtr run, std::shared_ptr<const Deployment> deployment);
    net::Task<Result<>> plan(RunPtr run, std::shared_ptr<const Deployment> deployment);
    bool launch(const RunPtr& run, const std::shared_ptr<const Deployment>& deployment);
    net::Task<void> drive(DrivePtr drive);
    net::Task<bool> advance(DrivePtr drive);
    net::Task<bool> keep(DrivePtr drive);
    net::Task<Result<Outcome>> perform(DrivePtr drive, Step step);
    net::Task<Result<Outcome>> change(DrivePtr drive, Step step);
    net::Task<Result<>> openCloud(DrivePtr drive);
    void note(const Drive& drive, Step step, SteadyTime began, const Result<Outcome>& outcome);
    void report(const DrivePtr& drive, Step step, SteadyTime began, const Result<Outcome>& outcome);
    void finished(const DrivePtr& drive);
    void wakeTenant(const wire::TenantId& tenant);

    Parts parts_;
    bool stopping_ = false;
    std::map<DeploymentKey, RunPtr> runs_;
    std::map<wire::TenantId, std::size_t> moving_;  // machines by tenant
};

}  // namespace pcg::controlplane::deploy
