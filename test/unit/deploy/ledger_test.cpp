// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/ledger.h"

#include "controlplane-sim/deploy/endpoint_access.h"
#include "controlplane-sim/deploy/errc.h"
#include "test/fakes/tenant_database.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sim_cloud.h"

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest();

namespace deploy {
namespace {

class DeployLedger : public ::testing::Test {
  protected:
    DeployLedger() {
        database_ = test::openTenantDatabase(dir_.path(), random_);
        ledger_.emplace(*database_, seals_);
        for (const auto& scope : {mine_, theirs_}) {
            EXPECT_TRUE(
                database_
                    ->execute("INSERT INTO tenants (id, name, created_at_ms) VALUES (?, ?, 1)",
                              {scope.tenant().text(), scope.tenant().text()})
                    .has_value());
        }
    }

    std::filesystem::path file() const { return dir_.path() / "cp.db"; }

    Order order(const std::string& name, int workers = 2) {
        auto body = codec::json::parseObject(
            R"({"gateway_id":"gw_00000000000000000000000000","endpoint_id":"ep_00000000000000000000000000",
                "control_plane_count":1,"template":"secret-template-name","user_data":"#cloud-config canary"})");
        body->set("name", name).set("worker_count", workers);
        return std::move(*parseOrder(*body));
    }

    Deployment made(const std::string& name) {
        auto created = ledger_->create(mine_, order(name), random_, WallTime{});
        EXPECT_TRUE(created.has_value()) << (created ? "" : created.error().message());
        return std::move(*created);
    }

    test::TempDir dir_;
    SeededRandom random_;
    TenantScope mine_ = scopeForTest(random_);
    TenantScope theirs_ = scopeForTest(random_);
    std::unique_ptr<store::Database> database_;
    Seals seals_;
    std::optional<Deployments> ledger_;
};

TEST_F(DeployLedger, KeepsADeploymentAndItsMachines) {
    const auto deployment = made("k8s");

    const auto found = ledger_->find(mine_, deployment.id);

    ASSERT_TRUE(found.has_value() && found->has_value());
    EXPECT_EQ((*found)->spec.name, "k8s");
    EXPECT_EQ((*found)->machines.size(), 3U);
    EXPECT_EQ((*found)->machines[0].name, "k8s-cp-1");
    EXPECT_EQ((*found)->userDataSha256.size(), 64U);
    const auto userData = ledger_->userData({mine_, deployment.id});
    ASSERT_TRUE(userData.has_value());
    EXPECT_EQ(userData->revealText(), "#cloud-config canary");
}

TEST_F(DeployLedger, NothingThatATenantSaidIsInTheFileInPlain) {
    made("a-telling-name");
    ASSERT_TRUE(OrchestratorKeys(*database_, seals_)
                    .put(mine_,
                         wire::EndpointId::unchecked("ep_00000000000000000000000000"),
                         "ak_user",
                         Secret::fromText("ak_password"))
                    .has_value());
    std::string all;
    for (const auto* suffix : {"", "-wal"}) {
        std::ifstream stream(file().string() + suffix, std::ios::binary);
        std::ostringstream text;
        text << stream.rdbuf();
        all += text.str();
    }

    EXPECT_FALSE(all.empty());
    for (const auto* canary :
         {"a-telling-name", "canary", "secret-template-name", "ak_user", "ak_password"})
        EXPECT_EQ(all.find(canary), std::string::npos) << canary;
}

TEST_F(DeployLedger, AForeignTenantSeesAndChangesNothing) {
    const auto deployment = made("k8s");

    EXPECT_FALSE(ledger_->find(theirs_, deployment.id)->has_value());
    EXPECT_TRUE(ledger_->list(theirs_, {}, 10)->empty());
    EXPECT_TRUE(ledger_->remove(theirs_, deployment.id).error().is(kNoSuchDeployment));
    EXPECT_TRUE(ledger_->save({theirs_, deployment.id}, deployment.machines[0])
                    .error()
                    .is(kNoSuchDeployment));
    ASSERT_TRUE(ledger_->forget({theirs_, deployment.id}, deployment.machines[0]).has_value());
    EXPECT_EQ((*ledger_->find(mine_, deployment.id))->machines.size(), 3U);
    const auto id = wire::EndpointId::unchecked("ep_00000000000000000000000000");
    OrchestratorKeys keys(*database_, seals_);
    ASSERT_TRUE(keys.put(mine_, id, "u", Secret::fromText("p")).has_value());
    ASSERT_TRUE(keys.put(theirs_, id, "x", Secret::fromText("y")).has_value());
    EXPECT_EQ((*keys.find(mine_, id))->username, "u");
    EXPECT_FALSE(keys.find(theirs_, id)->has_value());
}

TEST_F(DeployLedger, ANameIsTakenOnceAndTheNumberOfMachinesIsBounded) {
    made("k8s");

    EXPECT_TRUE(
        ledger_->create(mine_, order("k8s"), random_, WallTime{}).error().is(kDeploymentName));
    EXPECT_TRUE(ledger_->create(theirs_, order("k8s"), random_, WallTime{}).has_value());
    for (const auto* name : {"a", "b", "c", "d"})
        ASSERT_TRUE(ledger_->create(mine_, order(name, 100), random_, WallTime{}).has_value());
    EXPECT_TRUE(ledger_->create(mine_, order("e", 100), random_, WallTime{}).error().is(kQuota));
}

TEST_F(DeployLedger, SavingKeepsTheTenantsWishAndTellsIt) {
    const auto deployment = made("k8s");
    const DeploymentKey key{mine_, deployment.id};
    auto machine = deployment.machines[2];
    machine.vm = "vm-1";
    EXPECT_TRUE(*ledger_->save(key, machine));

    ASSERT_TRUE(ledger_->scale(mine_, deployment.id, {1, 1}, random_, WallTime{}).has_value());

    EXPECT_FALSE(*ledger_->save(key, machine));
    const auto found = *ledger_->find(mine_, deployment.id);
    EXPECT_FALSE(found->machines[2].wished);
    EXPECT_EQ(found->machines[2].vm, "vm-1");
    EXPECT_GT(found->revision, deployment.revision);
}

TEST_F(DeployLedger, ADeploymentGoesWhenItsLastMachineHasGone) {
    const auto deployment = made("k8s");
    const DeploymentKey key{mine_, deployment.id};
    ASSERT_TRUE(ledger_->erase(key).has_value());  // it is not being deleted

    ASSERT_TRUE(ledger_->remove(mine_, deployment.id).has_value());
    ASSERT_TRUE(ledger_->erase(key).has_value());  // it has machines
    ASSERT_TRUE(ledger_->find(mine_, deployment.id)->has_value());
    EXPECT_TRUE(ledger_->scale(mine_, deployment.id, {1, 1}, random_, WallTime{})
                    .error()
                    .is(kBeingDeleted));
    for (const auto& machine : deployment.machines)
        ASSERT_TRUE(ledger_->forget(key, machine).has_value());
    ASSERT_TRUE(ledger_->erase(key).has_value());

    EXPECT_FALSE(ledger_->find(mine_, deployment.id)->has_value());
}

TEST_F(DeployLedger, OneThatCannotBeDeletedIsAbandonedAndSaysWhatMayBeLeft) {
    const auto deployment = made("k8s");
    const DeploymentKey key{mine_, deployment.id};
    auto there = deployment.machines[0];
    there.vm = "vm-7";
    auto perhaps = deployment.machines[1];
    perhaps.cloneSent = true;
    ASSERT_TRUE(ledger_->save(key, there) && ledger_->save(key, perhaps));
    EXPECT_TRUE(ledger_->abandon(mine_, deployment.id).error().is(kNotDeleting));
    ASSERT_TRUE(ledger_->remove(mine_, deployment.id));
    EXPECT_TRUE(ledger_->abandon(theirs_, deployment.id).error().is(kNoSuchDeployment));

    const auto abandoned = ledger_->abandon(mine_, deployment.id);

    ASSERT_TRUE(abandoned) << abandoned.error().message();
    const auto left = leftBehind(*abandoned);
    ASSERT_EQ(left.size(), 2U) << "the third was never asked for";
    EXPECT_EQ(left[0].vm, "vm-7");
    EXPECT_EQ(left[1].name, "k8s-worker-1");
    EXPECT_FALSE(ledger_->find(mine_, deployment.id)->has_value());
    EXPECT_TRUE(ledger_->save(key, there).error().is(kNoSuchDeployment)) << "who drives it stops";
    EXPECT_TRUE(ledger_->create(mine_, order("k8s"), random_, WallTime{})) << "the name is free";
}

}  // namespace
}  // namespace deploy
}  // namespace pcg::controlplane
