// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sim_cloud.h"

namespace pcg::controlplane::deploy {
namespace {

Deployment deploymentOf(SeededRandom& random, const Counts& counts, WallTime now) {
    Deployment deployment{DeploymentId::unchecked("dp_00000000000000000000000001"),
                          Spec{"k8s",
                               wire::newId<wire::GatewayId>(random),
                               wire::newId<wire::EndpointId>(random),
                               counts,
                               "template",
                               0,
                               0,
                               0,
                               {},
                               {},
                               {},
                               {},
                               {}},
                          {},
                          {},
                          false,
                          false,
                          false,
                          {},
                          1,
                          now,
                          {}};
    deployment.machines = added("k8s", {}, counts, Origin::Cloned, random, now);
    return deployment;
}

// A world that outlives the processes in it.
class World {
  public:
    explicit World(std::uint64_t seed)
        : random(seed),
          cloud(random, clock),
          key{scopeForTest(random), deploymentOf(random, {}, clock.wallNow()).id} {
        for (const auto* name : {"theirs", "k8s-worker-99"})
            cloud.vms["foreign-" + std::string(name)].name = name;
        foreign = cloud.vms;
    }

    void create(const Counts& counts) {
        ledger.rows.emplace(key, deploymentOf(random, counts, clock.wallNow()));
    }

    // One life of the process, until nothing moves or it is killed. `event` happens at a call in
    // the middle of it.
    void live(int killPerMille, std::function<void()> event = {}) {
        net::Loop loop{1};
        Life life(loop, random, killPerMille);
        ledger.life = &life;
        cloud.life = &life;
        JumpingPauses pauses(clock);
        Orchestrator orchestrator({loop, ledger, cloud, pauses, watcher, clock, random});
        auto calls = random.below(120);
        life.onCall = [&] {
            if (calls == 0 && event) {
                event();
                orchestrator.nudge(key);
            }
            --calls;
        };
        net::asio::co_spawn(loop, begin(orchestrator), net::asio::detached);
        loop.run();
        EXPECT_TRUE(life.ended() || orchestrator.idle());
    }

    static net::Task<void> begin(Orchestrator& orchestrator) {
        const auto started = co_await orchestrator.start();
        EXPECT_TRUE(started.has_value());
    }

    // Until everything that is wished is there, with nobody in the way.
    void calmDown() {
        cloud.trouble = 0;
        for (int i = 0; i < 3; ++i) {
            ledger.retry(key, clock.wallNow());
            live(0);
        }
    }

    void expectWhatIsWished() {
        std::map<std::string, std::string> wished;
        const auto row = ledger.rows.find(key);
        if (row != ledger.rows.end()) {
            EXPECT_EQ(stateName(row->second), "ready") << row->second.why;
            EXPECT_EQ(static_cast<int>(row->second.machines.size()),
                      row->second.spec.counts.total());
            for (const auto& machine : row->second.machines) {
                EXPECT_TRUE(machine.wished);
                EXPECT_FALSE(machine.addresses.empty());
                wished.emplace(machine.vm, machine.uuid);
            }
        }
        std::map<std::string, std::string> present;
        for (const auto& [id, vm] : cloud.vms) {
            if (vm.uuid.empty()) continue;
            present.emplace(id, vm.uuid);
            EXPECT_TRUE(vm.on && vm.customised) << id;
        }
        EXPECT_EQ(present, wished);
        EXPECT_EQ(cloud.foreignTouched, 0U);
        for (const auto& [id, vm] : foreign) EXPECT_TRUE(cloud.vms.contains(id));
        EXPECT_LE(cloud.busiest, 2 * kMachinesAtOnce);
    }

    FakeClock clock;
    SeededRandom random;
    SimLedger ledger;
    SimCloud cloud;
    DeploymentKey key;
    std::map<std::string, SimCloud::Vm> foreign;
    RecordingWatcher watcher;
};

TEST(OrchestratorSim, MakesExactlyTheMachinesThatAreWished) {
    World world(1);
    world.create({3, 5});

    world.live(0);

    world.expectWhatIsWished();
    EXPECT_LE(world.cloud.busiest, kMachinesAtOnce);
    EXPECT_EQ(world.cloud.vms.size(), 2U + 8U);
}

TEST(OrchestratorSim, EveryChangeOfAMachineIsToldOnceWhenItIsOver) {
    World world(1);
    world.create({1, 1});

    world.live(0);
    world.ledger.remove(world.key, world.clock.wallNow());
    world.live(0);

    std::map<TaskKind, int> told;
    for (const auto& act : world.watcher.acts) {
        ++told[act.change];
        EXPECT_EQ(act.end, Watcher::End::Done);
        EXPECT_TRUE(act.took.has_value());
        EXPECT_TRUE(act.machine.starts_with("k8s-")) << act.machine;
        EXPECT_FALSE(act.vm.empty());
        EXPECT_EQ(act.why, "");
    }
    const std::map<TaskKind, int> once{{TaskKind::Clone, 2},
                                       {TaskKind::Customise, 2},
                                       {TaskKind::PowerOn, 2},
                                       {TaskKind::PowerOff, 2},
                                       {TaskKind::Destroy, 2}};
    EXPECT_EQ(told, once);
    EXPECT_GT(world.watcher.changes, 10U);
}

TEST(OrchestratorSim, WhatFailsIsToldWithTheReasonAndWhatIsLostAsUnknown) {
    World world(7);
    world.create({3, 5});
    world.cloud.trouble = 300;

    world.live(0);

    std::map<Watcher::End, int> ends;
    for (const auto& act : world.watcher.acts) {
        ++ends[act.end];
        EXPECT_NE(act.change, TaskKind::None);
        EXPECT_EQ(act.why.empty(), act.end == Watcher::End::Done);
    }
    EXPECT_GT(ends[Watcher::End::Done], 0);
    EXPECT_GT(ends[Watcher::End::Failed] + ends[Watcher::End::Unknown], 0);
}

TEST(OrchestratorSim, WhateverIsLostAndWhereverItDiesTheWishedMachinesAreThereInTheEnd) {
    constexpr std::uint64_t kSeeds = 3000;
    for (std::uint64_t seed = 1; seed <= kSeeds && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        World world(seed);
        world.create({static_cast<int>(world.random.below(2)) * 2 + 1,
                      static_cast<int>(world.random.below(4))});
        world.cloud.trouble = static_cast<int>(world.random.below(300));
        const int kill = static_cast<int>(world.random.below(40));
        for (int life = 0; life < 8; ++life) {
            const auto what = world.random.below(10);
            const Counts counts{1, static_cast<int>(world.random.below(5))};
            world.live(kill, [&] {
                if (what < 3)
                    world.ledger.scale(world.key, counts, world.random, world.clock.wallNow());
                if (what == 3) world.ledger.remove(world.key, world.clock.wallNow());
                if (what == 4) world.ledger.retry(world.key, world.clock.wallNow());
            });
        }

        world.calmDown();

        world.expectWhatIsWished();
    }
}

TEST(OrchestratorSim, ADeploymentWhoseRowsAreGoneIsNobodysToTouch) {
    World world(5);
    world.create({1, 3});

    world.live(0, [&] { world.ledger.rows.clear(); });
    const auto left = world.cloud.vms.size();
    world.calmDown();

    EXPECT_EQ(world.cloud.vms.size(), left);
    EXPECT_GT(left, world.foreign.size());
}

TEST(OrchestratorSim, ADeletedDeploymentLeavesNothingWhereverItDied) {
    constexpr std::uint64_t kSeeds = 1500;
    for (std::uint64_t seed = 1; seed <= kSeeds && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        World world(seed);
        world.create({1, 3});
        world.cloud.trouble = static_cast<int>(world.random.below(300));
        for (int life = 0; life < 3; ++life) world.live(30);
        world.ledger.remove(world.key, world.clock.wallNow());
        for (int life = 0; life < 3; ++life) world.live(30);

        world.calmDown();

        EXPECT_TRUE(world.ledger.rows.empty());
        world.expectWhatIsWished();
    }
}

}  // namespace
}  // namespace pcg::controlplane::deploy
