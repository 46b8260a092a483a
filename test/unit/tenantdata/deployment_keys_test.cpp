// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/endpoint_access.h"
#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/deploy/ledger.h"
#include "controlplane-sim/tenancy/key_rotation.h"
#include "controlplane-sim/tenancy/offboarding.h"
#include "test/unit/tenantdata/fixture.h"

namespace pcg::controlplane::tenantdata {
namespace {

using deploy::DeploymentKey;

constexpr auto kPlacement = R"({"datacenter":"canary-place"})";

class DeploymentKeys : public TenantData {
  protected:
    deploy::Order order() {
        auto body = codec::json::parseObject(
            R"({"gateway_id":"gw_00000000000000000000000000","endpoint_id":"ep_00000000000000000000000000",
                "name":"canary-k8s","control_plane_count":1,"worker_count":2,"template":"canary-template",
                "user_data":"#cloud-config canary"})");
        return std::move(*deploy::parseOrder(*body));
    }

    // In the middle of its work: placed, one machine under way, the other two not begun.
    DeploymentKey deployment(const TenantScope& scope) {
        auto made = ledger().create(scope, order(), random_, kNow);
        EXPECT_TRUE(made) << made.error().message();
        const DeploymentKey key{scope, made->id};
        EXPECT_TRUE(ledger().placed(key, kPlacement));
        EXPECT_TRUE(ledger().notPlaced(key, "canary-why", false));
        progress(key, 0, "canary-task");
        const auto password = Secret::fromText("canary-password");
        EXPECT_TRUE(keys().put(scope, endpoint_, "canary-user", password));
        return key;
    }

    void progress(const DeploymentKey& key, std::size_t which, const std::string& task) {
        auto machine = (*ledger().find(key.scope, key.id))->machines.at(which);
        machine.task = task;
        EXPECT_TRUE(ledger().save(key, machine).value_or(false));
    }

    void expectWhole(const DeploymentKey& key, const std::string& task = "canary-task") {
        const auto loaded = ledger().find(key.scope, key.id);
        ASSERT_TRUE(loaded && *loaded);
        const auto& deployment = **loaded;
        EXPECT_EQ(deployment.spec.name, "canary-k8s");
        EXPECT_EQ(deployment.placement, kPlacement);
        EXPECT_EQ(deployment.why, "canary-why");
        ASSERT_EQ(deployment.machines.size(), 3U);
        EXPECT_EQ(deployment.machines[0].task, task);
        const auto userData = ledger().userData(key);
        ASSERT_TRUE(userData);
        EXPECT_EQ(userData->revealText(), "#cloud-config canary");
        const auto access = keys().find(key.scope, endpoint_);
        ASSERT_TRUE(access && *access);
        EXPECT_EQ((*access)->username, "canary-user");
        EXPECT_EQ((*access)->password.revealText(), "canary-password");
    }

    std::int64_t rowsNotAt(std::int64_t epoch) {
        std::int64_t count = 0;
        for (const std::string table :
             {"deployments", "deployment_machines", "orchestrator_keys"}) {
            count += (*database_->queryOne(
                          "SELECT count(*) FROM " + table + " WHERE key_epoch <> ?", {epoch}))
                         ->integer(0);
        }
        return count;
    }

    deploy::Deployments ledger() { return deploy::Deployments(*database_, seals_); }

    deploy::OrchestratorKeys keys() { return deploy::OrchestratorKeys(*database_, seals_); }

    deploy::Seals seals_;
    const wire::EndpointId endpoint_ = wire::EndpointId::unchecked("ep_00000000000000000000000000");
};

TEST_F(DeploymentKeys, ADeploymentInTheMiddleOfItsWorkIsCarriedToTheNewKey) {
    const auto acme = tenant("acme");
    const auto key = deployment(acme);
    KeyRotation rotation(*database_, acme);
    ASSERT_TRUE(rotation.begin());

    for (int step = 0; step < 50; ++step) {
        expectWhole(key, step == 0 ? "canary-task" : "task-" + std::to_string(step - 1));
        progress(key, 0, "task-" + std::to_string(step));
        const auto over = rotation.step();
        ASSERT_TRUE(over) << over.error().message();
        if (*over) break;
    }

    EXPECT_FALSE(*rotation.isUnderWay());
    EXPECT_EQ(rowsNotAt(2), 0);
    progress(key, 0, "canary-task");
    expectWhole(key);
    EXPECT_FALSE(isOnDisk("canary"));
}

TEST_F(DeploymentKeys, ARotationThatACrashInterruptedLosesNoDeployment) {
    const auto acme = tenant("acme");
    const auto key = deployment(acme);
    ASSERT_TRUE(KeyRotation(*database_, acme).begin());

    for (int step = 0; step < 50; ++step) {
        reopen();
        expectWhole(key);
        if (*KeyRotation(*database_, acme).step()) break;
    }

    reopen();
    expectWhole(key);
    EXPECT_EQ(rowsNotAt(2), 0);
}

TEST_F(DeploymentKeys, ADeploymentWithoutUserDataIsCarriedToo) {
    const auto acme = tenant("acme");
    auto plain = order();
    plain.userData = Secret{};
    const auto made = ledger().create(acme, plain, random_, kNow);
    ASSERT_TRUE(made);
    KeyRotation rotation(*database_, acme);
    ASSERT_TRUE(rotation.begin());
    for (int step = 0; step < 50; ++step) {
        const auto over = rotation.step();
        ASSERT_TRUE(over) << over.error().message();
        if (*over) break;
    }

    EXPECT_EQ((*ledger().find(acme, made->id))->spec.name, "canary-k8s");
    EXPECT_TRUE(ledger().userData({acme, made->id})->empty());
}

TEST_F(DeploymentKeys, ATenantThatLeavesTakesItsDeploymentsAndWhatRunsThenIsToldThatTheyAreGone) {
    const auto acme = tenant("acme");
    const auto key = deployment(acme);
    const auto machine = (*ledger().find(acme, key.id))->machines[0];

    ASSERT_TRUE(Offboarding(*database_).begin(acme, "tombstone.jwt", kNow));

    const auto saved = ledger().save(key, machine);
    ASSERT_FALSE(saved);
    EXPECT_TRUE(saved.error().is(deploy::kNoSuchDeployment));
    EXPECT_FALSE(ledger().find(acme, key.id)->has_value());
    EXPECT_FALSE(keys().find(acme, endpoint_)->has_value());
    EXPECT_EQ((*database_->queryOne("SELECT count(*) FROM deployment_machines"))->integer(0), 0);
}

}  // namespace
}  // namespace pcg::controlplane::tenantdata
