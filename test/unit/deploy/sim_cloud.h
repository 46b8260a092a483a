// SPDX-License-Identifier: Apache-2.0
// A private cloud and a disk for the orchestrator, seeded: replies get lost before or after the
// effect, tasks fail and are forgotten, clones show late, and the process dies between any two
// calls.
#pragma once

#include "controlplane-sim/deploy/orchestrator.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <functional>

namespace pcg::controlplane::deploy {

using test::FakeClock;
using test::SeededRandom;

TenantScope scopeForTest(Random& random);

// Dies: whoever calls never goes on. One for each life of the process.
class Life {
  public:
    Life(net::Loop& loop, SeededRandom& random, int perMille)
        : loop_(loop), random_(random), perMille_(perMille) {}

    // To be awaited between any two effects.
    net::Task<void> mayEnd();

    bool ended() const { return ended_; }

    std::function<void()> onCall;  // each time, before it may end

  private:
    net::Loop& loop_;
    SeededRandom& random_;
    int perMille_;
    bool ended_ = false;
};

// What a store keeps through every death.
class SimLedger final : public Ledger {
  public:
    std::map<DeploymentKey, Deployment> rows;
    Life* life = nullptr;

    void scale(const DeploymentKey& key, const Counts& counts, Random& random, WallTime now);
    void remove(const DeploymentKey& key, WallTime now);
    void retry(const DeploymentKey& key, WallTime now);

    net::Task<Result<std::vector<DeploymentKey>>> unfinished() override;
    net::Task<Result<std::optional<Deployment>>> load(DeploymentKey key) override;
    net::Task<Result<Secret>> userData(DeploymentKey key) override;
    net::Task<Result<>> placed(DeploymentKey key, std::string placement) override;
    net::Task<Result<>> notPlaced(DeploymentKey key, std::string why, bool forGood) override;
    net::Task<Result<>> ready(DeploymentKey key) override;
    net::Task<Result<bool>> save(DeploymentKey key, Machine machine) override;
    net::Task<Result<>> forget(DeploymentKey key, Machine machine) override;
    net::Task<Result<>> erase(DeploymentKey key) override;
};

class SimCloud final : public Cloud, public CloudSource {
  public:
    struct Vm {
        std::string name;
        std::string uuid;  // empty: foreign
        bool on = false;
        bool customised = false;
        int age = 0;
        WallTime visibleFrom;
    };

    struct Task {
        TaskKind kind;
        std::string vm;
        WallTime end;
        std::optional<Error> fault;
        bool over = false;
    };

    SimCloud(SeededRandom& random, FakeClock& clock) : random_(random), clock_(clock) {}

    std::map<std::string, Vm> vms;
    Life* life = nullptr;
    int trouble = 0;  // per mille of calls
    std::size_t busiest = 0;
    std::size_t foreignTouched = 0;

    net::Task<Result<std::shared_ptr<Cloud>>> open(TenantScope scope,
                                                   wire::GatewayId gateway,
                                                   wire::EndpointId endpoint) override;
    net::Task<Result<std::string>> place(const Spec& spec) override;
    net::Task<Result<std::optional<Seen>>> find(Identity identity) override;
    net::Task<Result<std::optional<Seen>>> look(Identity identity, std::string vm) override;
    net::Task<Result<std::string>> choose(Identity identity,
                                          const Spec& spec,
                                          std::vector<std::string> unfit) override;
    net::Task<Result<std::string>> clone(Identity identity) override;
    net::Task<Result<std::string>> customise(Identity identity,
                                             std::string vm,
                                             const Spec& spec,
                                             Secret userData) override;
    net::Task<Result<std::string>> powerOn(Identity identity,
                                           std::string vm,
                                           const Spec& spec,
                                           Secret userData) override;
    net::Task<Result<std::string>> powerOff(std::string vm) override;
    net::Task<Result<std::string>> destroy(Identity identity, std::string vm) override;
    net::Task<Result<TaskEnd>> finish(std::string task) override;
    net::Task<Result<std::vector<std::string>>> addresses(std::string vm) override;

  private:
    bool unlucky() { return random_.below(1000) < static_cast<std::uint64_t>(trouble); }

    Result<> arrive();
    Result<std::string> begin(TaskKind kind, const std::string& vm);
    void settleTasks();
    void finishTask(Task& task);
    bool busy(const std::string& vm) const;

    template <class T>
    net::Task<Result<T>> answer(Result<T> value);

    SeededRandom& random_;
    FakeClock& clock_;
    std::map<std::string, Task> tasks_;
    int numbers_ = 0;
};

class JumpingPauses final : public Pauses {
  public:
    explicit JumpingPauses(FakeClock& clock) : clock_(clock) {}

    net::Task<void> pause(DeploymentKey key, std::chrono::milliseconds duration) override;

    void cutShort(const DeploymentKey&) override {}

    void cutAll() override {}

  private:
    FakeClock& clock_;
};

class RecordingWatcher final : public Watcher {
  public:
    void changed(const DeploymentKey&) override { ++changes; }

    void acted(const DeploymentKey&, const Act& act) override { acts.push_back(act); }

    std::size_t changes = 0;
    std::vector<Act> acts;
};

}  // namespace pcg::controlplane::deploy
