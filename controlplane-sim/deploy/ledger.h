// SPDX-License-Identifier: Apache-2.0
// Deployments in the database. The repository runs on the storage thread; StoredLedger is the
// orchestrator's way to it.
//
// What a tenant's deployment is called, where it is and what its machines are is sealed under the
// tenant's key, like its user data; in plain stand ids, and the marks that are searched for.
#pragma once

#include "common/store/worker.h"
#include "controlplane-sim/deploy/cloud.h"
#include "controlplane-sim/deploy/seals.h"

namespace pcg::controlplane::deploy {

inline constexpr std::size_t kMaxDeployments = 50;  // of a tenant
inline constexpr std::size_t kMaxMachines = 500;    // of a tenant

class Deployments {
  public:
    Deployments(store::Database& database, Seals& seals) : database_(database), seals_(seals) {}

    // deploy.deployment_name, deploy.quota
    Result<Deployment> create(const TenantScope& scope,
                              const Order& order,
                              Random& random,
                              WallTime now);

    // By id, which rises with nothing: a page begins after `after`.
    Result<std::vector<Deployment>> list(const TenantScope& scope,
                                         const std::string& after,
                                         std::size_t limit);
    Result<std::optional<Deployment>> find(const TenantScope& scope, const DeploymentId& id);

    // deploy.not_found, deploy.being_deleted, deploy.quota
    Result<Deployment> scale(const TenantScope& scope,
                             const DeploymentId& id,
                             const Counts& counts,
                             Random& random,
                             WallTime now);
    Result<Deployment> remove(const TenantScope& scope, const DeploymentId& id);
    // Forgets a deployment whose deletion does not come to its end, as it was until then. Nobody
    // asks the cloud for anything of it any more. deploy.not_found, deploy.not_deleting
    Result<Deployment> abandon(const TenantScope& scope, const DeploymentId& id);
    Result<Deployment> retry(const TenantScope& scope, const DeploymentId& id, WallTime now);

    // The orchestrator's.
    Result<std::vector<std::pair<wire::TenantId, DeploymentId>>> all(const PlatformAuthority&);
    Result<Secret> userData(const DeploymentKey& key);
    Result<> placed(const DeploymentKey& key, const std::string& placement);
    Result<> notPlaced(const DeploymentKey& key, const std::string& why, bool forGood);
    Result<> ready(const DeploymentKey& key);
    Result<bool> save(const DeploymentKey& key, const Machine& machine);
    Result<> forget(const DeploymentKey& key, const Machine& machine);
    Result<> erase(const DeploymentKey& key);

  private:
    Result<Deployment> required(const TenantScope& scope, const DeploymentId& id);
    Result<Deployment> deploymentOf(const TenantScope& scope, const store::Row& row);
    Result<std::vector<Machine>> machinesOf(const TenantScope& scope, const DeploymentId& id);
    Result<> insert(const TenantScope& scope, const DeploymentId& id, const Machine& machine);
    Result<> dismiss(const TenantScope& scope, Machine machine);
    Result<> rewrite(const TenantScope& scope, const Machine& machine);
    Result<Bytes> sealed(const TenantScope& scope, const Machine& machine);
    Result<> changeSpec(const TenantScope& scope, const DeploymentId& id, const Spec& spec);
    Result<> touch(const TenantScope& scope, const DeploymentId& id);
    Result<> checkRoom(const TenantScope& scope, int more);

    store::Database& database_;
    Seals& seals_;
};

class StoredLedger final : public Ledger {
  public:
    StoredLedger(store::Worker& store, Seals& seals, const PlatformAuthority& authority)
        : store_(store), seals_(seals), authority_(authority) {}

    net::Task<Result<std::vector<DeploymentKey>>> unfinished() override;
    net::Task<Result<std::optional<Deployment>>> load(DeploymentKey key) override;
    net::Task<Result<Secret>> userData(DeploymentKey key) override;
    net::Task<Result<>> placed(DeploymentKey key, std::string placement) override;
    net::Task<Result<>> notPlaced(DeploymentKey key, std::string why, bool forGood) override;
    net::Task<Result<>> ready(DeploymentKey key) override;
    net::Task<Result<bool>> save(DeploymentKey key, Machine machine) override;
    net::Task<Result<>> forget(DeploymentKey key, Machine machine) override;
    net::Task<Result<>> erase(DeploymentKey key) override;

  private:
    store::Worker& store_;
    Seals& seals_;
    const PlatformAuthority& authority_;
};

}  // namespace pcg::controlplane::deploy
