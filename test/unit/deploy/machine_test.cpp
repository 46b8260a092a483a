// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/machine.h"

#include "controlplane-sim/deploy/errc.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::deploy {
namespace {

class MachineRules : public ::testing::Test {
  protected:
    MachineRules() {
        machine_.name = "k8s-cp-1";
        machine_.uuid = "uuid";
    }

    Step step() { return next(machine_, sight_); }

    Verdict answered(const Result<Outcome>& outcome) {
        const auto now = step();
        prepare(machine_, sight_, now);
        return apply(machine_, sight_, now, outcome, WallTime{});
    }

    static Result<Outcome> sees(bool ours, bool on = false) {
        Outcome outcome;
        outcome.seen = Seen{"vm-1", ours, on};
        return outcome;
    }

    static Result<Outcome> sees() { return Outcome{}; }

    static Result<Outcome> refuses(ErrorCode code) { return fail(code, "no"); }

    Machine machine_;
    Sight sight_;
};

TEST_F(MachineRules, AMachineOfTheSameNameThatIsNotOursIsLeftAlone) {
    EXPECT_EQ(answered(sees(false)), Verdict::Rest);

    EXPECT_EQ(stateName(machine_), "failed");
    EXPECT_TRUE(machine_.vm.empty());
    machine_.wished = machine_.failed = false;
    EXPECT_EQ(step(), Step::Forget);
}

TEST_F(MachineRules, ACloneWhoseAnswerWasLostIsFoundAndAdopted) {
    answered(sees());
    ASSERT_EQ(step(), Step::Clone);
    EXPECT_EQ(answered(refuses(kWeather)), Verdict::TryAgain);

    ASSERT_EQ(step(), Step::Find);
    answered(sees(true));

    EXPECT_EQ(machine_.vm, "vm-1");
    EXPECT_EQ(step(), Step::Customise);
}

TEST_F(MachineRules, AMachineInDoubtIsNotForgottenBeforeTheDoubtIsSettled) {
    machine_.cloneSent = true;  // as after a kill
    machine_.phase = Phase::Cloning;
    machine_.wished = false;

    EXPECT_EQ(step(), Step::Find);
    answered(sees());
    EXPECT_EQ(step(), Step::Clone);
    answered(refuses(kNameInUse));
    EXPECT_EQ(step(), Step::Find);
    answered(sees(true, true));
    EXPECT_EQ(step(), Step::Look);
    answered(sees(true, true));
    EXPECT_EQ(step(), Step::PowerOff);
}

TEST_F(MachineRules, WhatWasSurelyNotSentNeedsNoSearch) {
    answered(sees());
    answered(refuses(kNotSent));
    machine_.wished = false;

    EXPECT_EQ(step(), Step::Forget);
}

TEST_F(MachineRules, WhatDoesNotCarryTheMarksIsNotDestroyed) {
    machine_.vm = "vm-1";
    machine_.phase = Phase::Ready;
    machine_.wished = false;

    ASSERT_EQ(step(), Step::Look);
    EXPECT_EQ(answered(sees(false)), Verdict::Rest);

    EXPECT_EQ(stateName(machine_), "failed");
    EXPECT_EQ(step(), Step::None);
}

TEST_F(MachineRules, ATaskThatIsForgottenIsDecidedByLooking) {
    machine_.vm = "vm-1";
    machine_.phase = Phase::PoweringOn;
    machine_.task = "task-1";
    machine_.taskKind = TaskKind::PowerOn;

    answered(refuses(kGone));
    ASSERT_EQ(step(), Step::Look);
    answered(sees(true, true));
    ASSERT_EQ(step(), Step::PowerOn);
    answered(refuses(kPowerState));

    EXPECT_EQ(machine_.phase, Phase::WaitingForAddress);
}

TEST_F(MachineRules, AMachineThatSomebodyRemovedIsMadeAgainByRetry) {
    machine_.vm = "vm-1";
    machine_.phase = Phase::Customising;

    answered(refuses(kGone));
    EXPECT_EQ(answered(sees()), Verdict::Rest);
    EXPECT_EQ(stateName(machine_), "failed");
    revive(machine_, WallTime{});

    EXPECT_EQ(step(), Step::Find);
}

TEST_F(MachineRules, WeatherIsNotEndlesslyTriedAgain) {
    Verdict verdict = Verdict::TryAgain;
    int attempts = 0;
    while (verdict == Verdict::TryAgain) {
        verdict = answered(refuses(kWeather));
        ++attempts;
    }

    EXPECT_EQ(verdict, Verdict::Rest);
    EXPECT_EQ(attempts, kMaxAttempts);
    EXPECT_EQ(stateName(machine_), "failed");
}

TEST_F(MachineRules, AMachineWithoutAnAddressSaysWhatToLookAt) {
    machine_.vm = "vm-1";
    machine_.phase = Phase::WaitingForAddress;

    EXPECT_EQ(apply(machine_, sight_, Step::AwaitAddress, Outcome{}, WallTime{} + kAddressPatience),
              Verdict::GoOn);
    EXPECT_EQ(apply(machine_,
                    sight_,
                    Step::AwaitAddress,
                    Outcome{},
                    WallTime{} + kAddressPatience + std::chrono::seconds(1)),
              Verdict::Rest);
    EXPECT_NE(machine_.why.find("VMware Tools"), std::string::npos);
}

// ---- of machines that are there already

class PooledMachineRules : public MachineRules {
  protected:
    PooledMachineRules() { machine_.origin = Origin::Pooled; }

    static Result<Outcome> chooses(const std::string& id) {
        Outcome outcome;
        outcome.choice = id;
        return outcome;
    }

    void allocate() {
        answered(sees());
        answered(chooses("m1"));
        answered(Outcome{});
        ASSERT_EQ(machine_.vm, "m1");
        answered(Outcome{});
        ASSERT_EQ(step(), Step::PowerOn);
    }

    static Result<Outcome> ends(std::optional<Error> fault = {}) {
        Outcome outcome;
        outcome.end.over = true;
        outcome.end.fault = std::move(fault);
        return outcome;
    }
};

TEST_F(PooledMachineRules, OneIsChosenAndOnTheDiskBeforeItIsTaken) {
    answered(sees());
    ASSERT_EQ(step(), Step::Choose);
    EXPECT_FALSE(prepare(machine_, sight_, Step::Choose));
    answered(chooses("m1"));
    EXPECT_EQ(machine_.choice, "m1");
    EXPECT_FALSE(machine_.cloneSent);

    ASSERT_EQ(step(), Step::Clone);
    EXPECT_TRUE(prepare(machine_, sight_, Step::Clone)) << "to be saved first";
    EXPECT_EQ(stateName(machine_), "allocating");
}

TEST_F(PooledMachineRules, AChoiceThatOthersTookIsGivenUpAtOnceWhenNothingIsInDoubt) {
    answered(sees());
    answered(chooses("m1"));

    EXPECT_EQ(answered(refuses(kNameInUse)), Verdict::TryAgain);

    EXPECT_TRUE(machine_.choice.empty());
    EXPECT_FALSE(machine_.cloneSent);
    EXPECT_EQ(step(), Step::Choose);
}

TEST_F(PooledMachineRules, AfterALostAnswerAChoiceIsKeptUntilNothingCanTakeItAnyMore) {
    answered(sees());
    answered(chooses("m1"));
    answered(refuses(kWeather));  // perhaps it is on its way
    ASSERT_EQ(step(), Step::Find);
    const auto other = sees(false);
    const WallTime later = WallTime{} + kLateness;

    EXPECT_EQ(apply(machine_, sight_, Step::Find, other, later - std::chrono::seconds(1)),
              Verdict::TryAgain);
    EXPECT_EQ(machine_.choice, "m1");
    EXPECT_EQ(step(), Step::Find);
    apply(machine_, sight_, Step::Find, other, later);

    EXPECT_TRUE(machine_.choice.empty());
    EXPECT_EQ(step(), Step::Choose);
}

TEST_F(PooledMachineRules, WhatTheOnlyRequestTookIsInNoDoubt) {
    answered(sees());
    answered(chooses("m1"));
    answered(refuses(kWeather));
    EXPECT_TRUE(machine_.late.has_value());

    answered(sees(true));

    EXPECT_FALSE(machine_.late.has_value());
    machine_.wished = false;
    answered(sees(true));
    answered(Outcome{});
    EXPECT_EQ(step(), Step::Forget);
}

TEST_F(PooledMachineRules, AfterALostAnswerItIsNotForgottenWhileThatRequestMayTakeItAgain) {
    answered(sees());
    answered(chooses("m1"));
    answered(refuses(kWeather));
    answered(sees());  // still free
    ASSERT_EQ(step(), Step::Clone);
    answered(Outcome{});
    machine_.wished = false;
    answered(sees(true));
    answered(Outcome{});  // given back

    ASSERT_EQ(step(), Step::Find);
    EXPECT_EQ(answered(sees()), Verdict::TryAgain);
    apply(machine_, sight_, Step::Find, sees(true), WallTime{});  // there it is
    EXPECT_EQ(step(), Step::Look);
    answered(sees(true));
    answered(Outcome{});
    ASSERT_EQ(step(), Step::Find);
    apply(machine_, sight_, Step::Find, sees(), WallTime{} + kLateness);
    EXPECT_EQ(step(), Step::Forget);
}

TEST_F(PooledMachineRules, OneThatCannotBeInstalledGoesBackAndAnotherIsTried) {
    allocate();
    machine_.task = "install";
    machine_.taskKind = TaskKind::PowerOn;

    EXPECT_EQ(answered(ends(Error{kInstallFailed, "no disk"})), Verdict::GoOn);

    EXPECT_EQ(stateName(machine_), "releasing");
    ASSERT_EQ(step(), Step::Look);
    answered(sees(true));
    ASSERT_EQ(step(), Step::Destroy);
    answered(Outcome{});
    EXPECT_EQ(step(), Step::Find);
    answered(sees());
    EXPECT_EQ(step(), Step::Choose);
    EXPECT_EQ(machine_.unfit, std::vector<std::string>{"m1"});
}

TEST_F(PooledMachineRules, AfterTheLastAttemptItIsLeftToBeLookedAt) {
    allocate();
    machine_.task = "install";
    machine_.taskKind = TaskKind::PowerOn;
    machine_.failedInstalls = kMaxInstalls - 1;

    EXPECT_EQ(answered(ends(Error{kInstallFailed, "no disk."})), Verdict::Rest);
    EXPECT_EQ(machine_.vm, "m1");
    EXPECT_TRUE(machine_.why.starts_with("no disk."));

    revive(machine_, WallTime{});
    EXPECT_EQ(step(), Step::Look) << "retry gives it back first";
}

TEST_F(PooledMachineRules, AReleaseWhoseAnswerWasLostIsNotRepeatedBeforeALook) {
    allocate();
    machine_.wished = false;
    ASSERT_EQ(step(), Step::Look);
    answered(sees(true));
    ASSERT_EQ(step(), Step::Destroy);

    EXPECT_EQ(answered(refuses(kWeather)), Verdict::TryAgain);

    ASSERT_EQ(step(), Step::Look) << "it may be somebody else's by now";
    answered(sees());
    EXPECT_EQ(step(), Step::Forget);
}

}  // namespace
}  // namespace pcg::controlplane::deploy
