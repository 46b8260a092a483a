// SPDX-License-Identifier: Apache-2.0
// Deployments onto machines that a cloud has already: the rules of machine.h for pooled ones.
#include <gtest/gtest.h>

#include "sim_region.h"

namespace pcg::controlplane::deploy {
namespace {

Deployment pooledDeployment(SeededRandom& random, const Counts& counts, WallTime now) {
    Deployment deployment{DeploymentId::unchecked("dp_00000000000000000000000001"),
                          Spec{"k8s",
                               wire::newId<wire::GatewayId>(random),
                               wire::newId<wire::EndpointId>(random),
                               counts,
                               "jammy",
                               0,
                               0,
                               0,
                               {},
                               {},
                               {},
                               {},
                               {},
                               Platform::Maas},
                          {},
                          {},
                          false,
                          false,
                          false,
                          {},
                          1,
                          now,
                          {}};
    deployment.machines = added("k8s", {}, counts, Origin::Pooled, random, now);
    return deployment;
}

// A region that outlives the processes that deploy to it.
class Region {
  public:
    Region(std::uint64_t seed, int machines)
        : random(seed),
          cloud(random, clock, machines),
          key{scopeForTest(random), DeploymentId::unchecked("dp_00000000000000000000000001")} {}

    void create(const Counts& counts) {
        ledger.rows.emplace(key, pooledDeployment(random, counts, clock.wallNow()));
    }

    // One life of the process, until nothing moves or it is killed; somebody else takes and gives
    // back machines meanwhile.
    void live(int killPerMille, bool others = false) {
        net::Loop loop{1};
        Life life(loop, random, killPerMille);
        ledger.life = &life;
        cloud.life = &life;
        JumpingPauses pauses(clock);
        Orchestrator orchestrator({loop, ledger, cloud, pauses, watcher, clock, random});
        life.onCall = [&] {
            if (others && random.below(5) == 0) meddle();
        };
        net::asio::co_spawn(loop, begin(orchestrator), net::asio::detached);
        loop.run();
        EXPECT_TRUE(life.ended() || orchestrator.idle());
    }

    static net::Task<void> begin(Orchestrator& orchestrator) {
        const auto started = co_await orchestrator.start();
        EXPECT_TRUE(started.has_value());
    }

    void meddle() {
        for (auto& [id, machine] : cloud.machines) {
            if (id.starts_with("theirs") || !machine.mark.empty()) continue;
            if (machine.status == SimRegion::Status::Free && random.below(8) == 0)
                machine.status = SimRegion::Status::Installed;
            else if (machine.status == SimRegion::Status::Installed && random.below(3) == 0)
                machine.status = SimRegion::Status::Free;
        }
    }

    // Until everything that is wished is there, with nobody in the way.
    void calmDown() {
        cloud.trouble = cloud.broken = 0;
        for (auto& [id, machine] : cloud.machines) {
            if (!id.starts_with("theirs") && machine.mark.empty())
                machine.status = SimRegion::Status::Free;
        }
        for (int i = 0; i < 4; ++i) {
            clock.advance(std::chrono::seconds(10));
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
                EXPECT_FALSE(machine.addresses.empty()) << machine.why;
                wished.emplace(machine.vm, machine.uuid);
            }
        }
        std::map<std::string, std::string> present;
        for (const auto& [id, machine] : cloud.machines) {
            if (machine.mark.empty()) continue;
            present.emplace(id, machine.mark);
            EXPECT_EQ(machine.status, SimRegion::Status::Installed) << id;
            EXPECT_TRUE(machine.annotated) << id;
        }
        EXPECT_EQ(present, wished);
        EXPECT_EQ(cloud.unknownTaken, 0U);
        for (const auto* theirs : {"theirs-1", "theirs-2"}) {
            EXPECT_EQ(cloud.machines[theirs].status, SimRegion::Status::Installed);
            EXPECT_EQ(cloud.machines[theirs].installs, 0);
        }
    }

    FakeClock clock;
    SeededRandom random;
    SimLedger ledger;
    SimRegion cloud;
    DeploymentKey key;
    RecordingWatcher watcher;
};

TEST(PoolSim, TakesExactlyTheMachinesThatAreWishedAndGivesThemBack) {
    Region region(1, 8);
    region.create({1, 3});

    region.live(0);
    region.expectWhatIsWished();
    region.ledger.remove(region.key, region.clock.wallNow());
    region.live(0);

    EXPECT_TRUE(region.ledger.rows.empty());
    region.expectWhatIsWished();
    std::map<TaskKind, int> told;
    for (const auto& act : region.watcher.acts) {
        ++told[act.change];
        EXPECT_EQ(act.origin, Origin::Pooled);
        EXPECT_FALSE(act.vm.empty());
    }
    // Two that choose the same one at the same time: the later one chooses again.
    EXPECT_GE(told[TaskKind::Clone], 4);
    EXPECT_EQ(told[TaskKind::PowerOn], 4);
    EXPECT_EQ(told[TaskKind::Destroy], 4);
    EXPECT_EQ(told[TaskKind::PowerOff], 0);
}

TEST(PoolSim, AMachineThatCannotBeInstalledGoesBackAndAnotherOneIsTaken) {
    Region region(3, 10);
    region.create({1, 0});
    region.cloud.broken = 1000;

    region.live(0);

    const auto& machine = region.ledger.rows.at(region.key).machines.front();
    EXPECT_TRUE(machine.failed);
    EXPECT_EQ(machine.unfit.size(), static_cast<std::size_t>(kMaxInstalls));
    EXPECT_NE(machine.why.find("retry"), std::string::npos);
    std::size_t tried = 0;
    std::size_t held = 0;
    for (const auto& [id, one] : region.cloud.machines) {
        tried += one.installs > 0 ? 1 : 0;
        held += one.mark.empty() ? 0 : 1;
    }
    EXPECT_EQ(tried, static_cast<std::size_t>(kMaxInstalls)) << "each time another one";
    EXPECT_EQ(held, 1U) << "the last one stays, to be looked at";
    region.calmDown();
    region.expectWhatIsWished();
}

TEST(PoolSim, WithoutAFreeMachineItSaysSoAndHoldsNone) {
    Region region(4, 1);
    region.create({1, 1});

    region.live(0);

    EXPECT_EQ(stateName(region.ledger.rows.at(region.key)), "failed");
    region.ledger.remove(region.key, region.clock.wallNow());
    region.calmDown();
    EXPECT_TRUE(region.ledger.rows.empty());
    region.expectWhatIsWished();
}

TEST(PoolSim, WhateverIsLostAndWhereverItDiesTheWishedMachinesAreThereInTheEnd) {
    constexpr std::uint64_t kSeeds = 2000;
    for (std::uint64_t seed = 1; seed <= kSeeds && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Region region(seed, 12);
        region.create({static_cast<int>(region.random.below(2)) * 2 + 1,
                       static_cast<int>(region.random.below(4))});
        region.cloud.trouble = static_cast<int>(region.random.below(300));
        region.cloud.broken = static_cast<int>(region.random.below(400));
        const int kill = static_cast<int>(region.random.below(40));
        for (int life = 0; life < 6; ++life) {
            region.live(kill, region.random.below(2) == 0);
            const auto what = region.random.below(10);
            const Counts counts{1, static_cast<int>(region.random.below(5))};
            if (what < 3)
                region.ledger.scale(region.key, counts, region.random, region.clock.wallNow());
            if (what == 3) region.ledger.remove(region.key, region.clock.wallNow());
            if (what == 4) region.ledger.retry(region.key, region.clock.wallNow());
        }

        region.calmDown();

        region.expectWhatIsWished();
    }
}

}  // namespace
}  // namespace pcg::controlplane::deploy
