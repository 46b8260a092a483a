// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/remote_access.h"

#include "state_fixture.h"

namespace pcg::gateway {
namespace {

using RemoteAccessTest = StateFixture;

const store::Scope kFirst{"tn_a", 1};
const store::Scope kSecond{"tn_a", 2};

TEST_F(RemoteAccessTest, IsForOnePairingAndSurvivesARestart) {
    EXPECT_FALSE(*storedRemoteAccess(storage(), kFirst));
    ASSERT_TRUE(storeRemoteAccess(storage(), kFirst, {true, false}));
    ASSERT_TRUE(storeRemoteAccess(storage(), kFirst, {false, true}));
    reopen();

    EXPECT_EQ(**storedRemoteAccess(storage(), kFirst), (RemoteAccess{false, true}));
    EXPECT_FALSE(*storedRemoteAccess(storage(), kSecond)) << "the next pairing begins with nothing";
}

TEST_F(RemoteAccessTest, ASealingKeyIsMadeOncePerPairing) {
    const auto made = sealingKey(storage(), kFirst);
    ASSERT_TRUE(made) << made.error().message();
    reopen();

    EXPECT_TRUE(constantTimeEqual(sealingKey(storage(), kFirst)->reveal(), made->reveal()));
    EXPECT_FALSE(constantTimeEqual(sealingKey(storage(), kSecond)->reveal(), made->reveal()));
}

TEST_F(RemoteAccessTest, TheSealingKeyIsNotOnTheDiskInClear) {
    const auto made = sealingKey(storage(), kFirst);
    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "state")) {
        EXPECT_EQ(test::readFile(entry.path()).find(asText(made->reveal())), std::string::npos);
    }
}

}  // namespace
}  // namespace pcg::gateway
