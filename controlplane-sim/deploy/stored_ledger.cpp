// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/ledger.h"

namespace pcg::controlplane::deploy {

net::Task<Result<std::vector<DeploymentKey>>> StoredLedger::unfinished() {
    auto work = [this](store::Database& database) {
        return Deployments(database, seals_).all(authority_);
    };
    PCG_CO_TRY(const auto found, co_await store_.run(std::move(work)));
    std::vector<DeploymentKey> keys;
    for (const auto& [tenant, id] : found) keys.push_back({authority_.scopeOf(tenant), id});
    co_return keys;
}

net::Task<Result<std::optional<Deployment>>> StoredLedger::load(DeploymentKey key) {
    auto work = [this, key = std::move(key)](store::Database& database) {
        return Deployments(database, seals_).find(key.scope, key.id);
    };
    co_return co_await store_.run(std::move(work));
}

net::Task<Result<Secret>> StoredLedger::userData(DeploymentKey key) {
    auto work = [this, key = std::move(key)](store::Database& database) {
        return Deployments(database, seals_).userData(key);
    };
    co_return co_await store_.run(std::move(work));
}

net::Task<Result<>> StoredLedger::placed(DeploymentKey key, std::string placement) {
    auto work =
        [this, key = std::move(key), placement = std::move(placement)](store::Database& database) {
            return Deployments(database, seals_).placed(key, placement);
        };
    co_return co_await store_.run(std::move(work));
}

net::Task<Result<>> StoredLedger::notPlaced(DeploymentKey key, std::string why, bool forGood) {
    auto work =
        [this, key = std::move(key), why = std::move(why), forGood](store::Database& database) {
            return Deployments(database, seals_).notPlaced(key, why, forGood);
        };
    co_return co_await store_.run(std::move(work));
}

net::Task<Result<>> StoredLedger::ready(DeploymentKey key) {
    auto work = [this, key = std::move(key)](store::Database& database) {
        return Deployments(database, seals_).ready(key);
    };
    co_return co_await store_.run(std::move(work));
}

net::Task<Result<bool>> StoredLedger::save(DeploymentKey key, Machine machine) {
    auto work =
        [this, key = std::move(key), machine = std::move(machine)](store::Database& database) {
            return Deployments(database, seals_).save(key, machine);
        };
    co_return co_await store_.run(std::move(work));
}

net::Task<Result<>> StoredLedger::forget(DeploymentKey key, Machine machine) {
    auto work =
        [this, key = std::move(key), machine = std::move(machine)](store::Database& database) {
            return Deployments(database, seals_).forget(key, machine);
        };
    co_return co_await store_.run(std::move(work));
}

net::Task<Result<>> StoredLedger::erase(DeploymentKey key) {
    auto work = [this, key = std::move(key)](store::Database& database) {
        return Deployments(database, seals_).erase(key);
    };
    co_return co_await store_.run(std::move(work));
}

}  // namespace pcg::controlplane::deploy
