// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/region.h"

#include <gtest/gtest.h>

namespace pcg::maassim {
namespace {

const User kAdmin{"admin", true};
const User kOther{"other", false};

class RegionTest : public testing::Test {
  protected:
    Machine& machine() { return region_.machines.front(); }

    void pass(Millis time) { region_.advance(now_ += time, 1'790'000'000); }

    void deployed() {
        ASSERT_TRUE(region_.acquire(machine(), kAdmin, ""));
        ASSERT_TRUE(region_.deploy(
            machine(), kAdmin, {"", "ZGF0YQ==", "ubuntu", "jammy", "", false, false}));
        pass(240'000);
        ASSERT_EQ(machine().status, Status::Deployed);
    }

    Region region_{{3, false, Timings{}}};
    Millis now_ = 0;
};

TEST_F(RegionTest, ADeploymentTakesItsTimeAndEndsWithAddresses) {
    ASSERT_TRUE(region_.acquire(machine(), kAdmin, "agent"));
    EXPECT_EQ(machine().status, Status::Allocated);
    EXPECT_EQ(machine().status_message, "From 'Ready' to 'Allocated' (to admin)");
    ASSERT_TRUE(region_.deploy(machine(), kAdmin, {}));

    pass(239'999);
    EXPECT_EQ(machine().status, Status::Deploying);
    EXPECT_EQ(machine().power_state, "on");
    EXPECT_TRUE(machine().interfaces.front().ip.empty());

    pass(1);
    EXPECT_EQ(machine().status, Status::Deployed);
    EXPECT_FALSE(machine().netboot);
    EXPECT_FALSE(machine().interfaces.front().ip.empty());
}

TEST_F(RegionTest, AFailedInstallationCanBeReleased) {
    region_.failInstalls(1);
    ASSERT_TRUE(region_.deploy(machine(), kAdmin, {})) << "which allocates by itself";
    pass(240'000);
    EXPECT_EQ(machine().status, Status::FailedDeployment);
    EXPECT_EQ(statusName(machine().status), "Failed deployment");

    ASSERT_TRUE(region_.release(machine(), kAdmin, {}));
    EXPECT_EQ(machine().status, Status::Releasing);
    pass(20'000);
    EXPECT_EQ(machine().status, Status::Ready);
    EXPECT_TRUE(machine().owner.empty());
}

TEST_F(RegionTest, ReleasingTwiceIsFineAndAPoweredOffMachineIsReadyAtOnce) {
    ASSERT_TRUE(region_.acquire(machine(), kAdmin, ""));
    ASSERT_TRUE(region_.release(machine(), kAdmin, {}));
    EXPECT_EQ(machine().status, Status::Ready);
    EXPECT_TRUE(region_.release(machine(), kAdmin, {}));
}

TEST_F(RegionTest, ErasingComesBeforeReleasing) {
    deployed();
    ASSERT_TRUE(region_.release(machine(), kAdmin, {true, false}));
    EXPECT_EQ(machine().status, Status::DiskErasing);
    pass(60'000);
    EXPECT_EQ(machine().status, Status::Ready) << "nothing is left to be waited for";
}

TEST_F(RegionTest, StatesThatCannotBeLeftSayWhyInMaassWords) {
    deployed();
    EXPECT_EQ(region_.deploy(machine(), kAdmin, {}).error().text,
              "Can't deploy a machine that is in the 'Deployed' state");
    auto& second = *std::next(region_.machines.begin());
    ASSERT_TRUE(region_.commission(second, kAdmin));
    EXPECT_EQ(region_.release(second, kAdmin, {}).error().text,
              "Machine cannot be released in its current state ('Commissioning').");
    EXPECT_EQ(region_.powerOn(*std::next(region_.machines.begin(), 2), kAdmin).error().text,
              "Can't start node: it hasn't been allocated.");
}

TEST_F(RegionTest, ALockedMachineCannotBeTouched) {
    EXPECT_EQ(region_.lock(machine(), kAdmin).error().text,
              "Can't lock, node is not deployed or deploying");
    deployed();
    ASSERT_TRUE(region_.lock(machine(), kAdmin));
    EXPECT_EQ(region_.lock(machine(), kAdmin).error().text, "Machine is already locked");
    const auto refused = region_.release(machine(), kAdmin, {});
    EXPECT_EQ(refused.error().status, 403);
    EXPECT_EQ(refused.error().text, "");
    ASSERT_TRUE(region_.unlock(machine(), kAdmin));
    EXPECT_TRUE(region_.release(machine(), kAdmin, {}));
}

TEST_F(RegionTest, AnotherUsersMachineIsForbidden) {
    deployed();
    EXPECT_EQ(region_.release(machine(), kOther, {}).error().status, 403);
}

TEST_F(RegionTest, WhatWasAskedOfThePowerLastHolds) {
    ASSERT_TRUE(region_.deploy(machine(), kAdmin, {})) << "which switches it on";
    ASSERT_TRUE(region_.release(machine(), kAdmin, {}));
    pass(240'000);
    EXPECT_EQ(machine().status, Status::Ready);
    EXPECT_EQ(machine().power_state, "off");
}

TEST_F(RegionTest, PowerChangesAfterAWhileAndOffTwiceIsNothing) {
    deployed();
    EXPECT_TRUE(*region_.powerOff(machine(), kAdmin));
    EXPECT_EQ(machine().power_state, "on");
    pass(8'000);
    EXPECT_EQ(machine().power_state, "off");
    EXPECT_FALSE(*region_.powerOff(machine(), kAdmin));
}

}  // namespace
}  // namespace pcg::maassim
