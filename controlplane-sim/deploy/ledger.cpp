// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/ledger.h"

#include "common/crypto/digest.h"
#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/deploy/machine_text.h"

#include <algorithm>

namespace pcg::controlplane::deploy {
namespace {

constexpr const char* kColumns =
    "SELECT id, spec_sealed, placement_sealed, user_data_sha256, plan_failed, deleting, was_ready, "
    "why_sealed, revision, created_at_ms FROM deployments ";

store::Cell cellOf(const DeploymentId& id, const char* column) {
    return {"deployments", id.text(), column};
}

store::Cell machineCell(const std::string& uuid) {
    return {"deployment_machines", uuid, "record_sealed"};
}

Error notThere() {
    return {kNoSuchDeployment, "There is no such deployment. GET /api/v1/deployments lists them."};
}

}  // namespace

Result<> Deployments::checkRoom(const TenantScope& scope, int more) {
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT count(*) FROM deployment_machines WHERE tenant_id = ?", {scope.tenant().text()}));
    const auto present = row ? row->integer(0) : 0;
    if (present + more <= static_cast<std::int64_t>(kMaxMachines)) return {};
    return fail(kQuota,
                "A tenant may have " + std::to_string(kMaxMachines) + " machines; " +
                    std::to_string(present) + " are there and this would add " +
                    std::to_string(more) + ". Delete a deployment or scale one down first.");
}

Result<Deployment> Deployments::create(const TenantScope& scope,
                                       const Order& order,
                                       Random& random,
                                       WallTime now) {
    PCG_TRY(seals_.prepare(database_, scope));
    const auto id = wire::newId<DeploymentId>(random);
    const auto& tenant = scope.tenant().text();
    return store::transact(database_, [&]() -> Result<Deployment> {
        const auto others = PCG_TRY(list(scope, {}, kMaxDeployments));
        for (const auto& other : others) {
            if (other.spec.name == order.spec.name)
                return fail(kDeploymentName,
                            "A deployment named \"" + order.spec.name +
                                "\" exists already: choose another name.");
        }
        if (others.size() >= kMaxDeployments)
            return fail(kQuota,
                        "A tenant may have " + std::to_string(kMaxDeployments) +
                            " deployments. Delete one first.");
        PCG_TRY(checkRoom(scope, order.spec.counts.total()));
        const auto spec = codec::json::write(toJson(order.spec));
        const auto specSealed =
            PCG_TRY(seals_.seal(database_, scope, cellOf(id, "spec_sealed"), asBytes(spec)));
        std::string digest;
        Bytes userData;
        if (!order.userData.empty()) {
            digest = toHex(crypto::sha256(order.userData.reveal()));
            userData = PCG_TRY(seals_.seal(
                database_, scope, cellOf(id, "user_data_sealed"), order.userData.reveal()));
        }
        PCG_TRY(database_.execute(
            R"(INSERT INTO deployments (id, tenant_id, key_epoch, spec_sealed, user_data_sealed,
                 user_data_sha256, created_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?))",
            {id.text(),
             tenant,
             seals_.epoch(database_, scope),
             specSealed,
             userData,
             digest,
             toUnixMilliseconds(now)}));
        for (const auto& machine :
             added(order.spec.name, {}, order.spec.counts, originOf(order.spec), random, now))
            PCG_TRY(insert(scope, id, machine));
        return required(scope, id);
    });
}

Result<std::vector<Deployment>> Deployments::list(const TenantScope& scope,
                                                  const std::string& after,
                                                  std::size_t limit) {
    const auto rows = PCG_TRY(database_.query(
        std::string(kColumns) + "WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?",
        {scope.tenant().text(), after, static_cast<std::int64_t>(limit)}));
    std::vector<Deployment> deployments;
    for (const auto& row : rows) deployments.push_back(PCG_TRY(deploymentOf(scope, row)));
    return deployments;
}

Result<std::optional<Deployment>> Deployments::find(const TenantScope& scope,
                                                    const DeploymentId& id) {
    const auto row =
        PCG_TRY(database_.queryOne(std::string(kColumns) + "WHERE tenant_id = ? AND id = ?",
                                   {scope.tenant().text(), id.text()}));
    if (!row) return std::nullopt;
    return PCG_TRY(deploymentOf(scope, *row));
}

Result<Deployment> Deployments::required(const TenantScope& scope, const DeploymentId& id) {
    auto found = PCG_TRY(find(scope, id));
    if (!found) return fail(notThere());
    return std::move(*found);
}

Result<Deployment> Deployments::deploymentOf(const TenantScope& scope, const store::Row& row) {
    const auto id = PCG_TRY(parseDeploymentId(row.text(0)));
    const auto opened = [&](std::size_t column, const char* name) -> Result<std::string> {
        if (row.isNull(column) || row.blob(column).empty()) return std::string();
        const auto text =
            PCG_TRY(seals_.open(database_, scope, cellOf(id, name), row.blob(column)));
        return std::string(text.revealText());
    };
    const auto specText = PCG_TRY(opened(1, "spec_sealed"));
    auto spec = PCG_TRY(specFromJson(specText));
    auto placement = PCG_TRY(opened(2, "placement_sealed"));
    auto why = PCG_TRY(opened(7, "why_sealed"));
    auto machines = PCG_TRY(machinesOf(scope, id));
    return Deployment{id,
                      std::move(spec),
                      row.text(3),
                      std::move(placement),
                      row.flag(4),
                      row.flag(5),
                      row.flag(6),
                      std::move(why),
                      row.integer(8),
                      fromUnixMilliseconds(row.integer(9)),
                      std::move(machines)};
}

Result<std::vector<Machine>> Deployments::machinesOf(const TenantScope& scope,
                                                     const DeploymentId& id) {
    const auto rows = PCG_TRY(database_.query(
        R"(SELECT uuid, wished, record_sealed FROM deployment_machines
            WHERE tenant_id = ? AND deployment_id = ? LIMIT 1000)",
        {scope.tenant().text(), id.text()}));
    std::vector<Machine> machines;
    for (const auto& row : rows) {
        const auto record =
            PCG_TRY(seals_.open(database_, scope, machineCell(row.text(0)), row.blob(2)));
        auto machine = PCG_TRY(machineFromText(record.revealText()));
        machine.uuid = row.text(0);
        machine.wished = row.flag(1);
        machines.push_back(std::move(machine));
    }
    std::sort(machines.begin(), machines.end(), [](const Machine& a, const Machine& b) {
        return std::pair(a.role, a.ordinal) < std::pair(b.role, b.ordinal);
    });
    return machines;
}

Result<Bytes> Deployments::sealed(const TenantScope& scope, const Machine& machine) {
    return seals_.seal(database_, scope, machineCell(machine.uuid), asBytes(toText(machine)));
}

Result<> Deployments::insert(const TenantScope& scope,
                             const DeploymentId& id,
                             const Machine& machine) {
    auto record = PCG_TRY(sealed(scope, machine));
    PCG_TRY(database_.execute(
        R"(INSERT INTO deployment_machines (uuid, tenant_id, deployment_id, key_epoch, wished,
             record_sealed) VALUES (?, ?, ?, ?, ?, ?))",
        {machine.uuid,
         scope.tenant().text(),
         id.text(),
         seals_.epoch(database_, scope),
         machine.wished ? 1 : 0,
         std::move(record)}));
    return {};
}

Result<> Deployments::dismiss(const TenantScope& scope, Machine machine) {
    machine.failed = false;
    auto record = PCG_TRY(sealed(scope, machine));
    PCG_TRY(database_.execute(
        "UPDATE deployment_machines SET wished = 0, record_sealed = ? WHERE tenant_id = ? AND uuid "
        "= ?",
        {std::move(record), scope.tenant().text(), machine.uuid}));
    return {};
}

Result<> Deployments::rewrite(const TenantScope& scope, const Machine& machine) {
    auto record = PCG_TRY(sealed(scope, machine));
    PCG_TRY(database_.execute(
        "UPDATE deployment_machines SET record_sealed = ? WHERE tenant_id = ? AND uuid = ?",
        {std::move(record), scope.tenant().text(), machine.uuid}));
    return {};
}

Result<> Deployments::touch(const TenantScope& scope, const DeploymentId& id) {
    PCG_TRY(database_.execute(
        "UPDATE deployments SET revision = revision + 1 WHERE tenant_id = ? AND id = ?",
        {scope.tenant().text(), id.text()}));
    return {};
}

Result<> Deployments::changeSpec(const TenantScope& scope,
                                 const DeploymentId& id,
                                 const Spec& spec) {
    const auto text = codec::json::write(toJson(spec));
    auto sealedText =
        PCG_TRY(seals_.seal(database_, scope, cellOf(id, "spec_sealed"), asBytes(text)));
    PCG_TRY(
        database_.execute("UPDATE deployments SET spec_sealed = ? WHERE tenant_id = ? AND id = ?",
                          {std::move(sealedText), scope.tenant().text(), id.text()}));
    return {};
}

Result<Deployment> Deployments::scale(const TenantScope& scope,
                                      const DeploymentId& id,
                                      const Counts& counts,
                                      Random& random,
                                      WallTime now) {
    PCG_TRY(seals_.prepare(database_, scope));
    return store::transact(database_, [&]() -> Result<Deployment> {
        auto deployment = PCG_TRY(required(scope, id));
        if (deployment.deleting)
            return fail(kBeingDeleted, "The deployment is being deleted; it cannot be scaled.");
        const auto more = added(deployment.spec.name,
                                deployment.machines,
                                counts,
                                originOf(deployment.spec),
                                random,
                                now);
        PCG_TRY(checkRoom(scope, static_cast<int>(more.size())));
        const auto less = surplus(deployment.machines, counts);
        for (const auto& machine : deployment.machines) {
            if (std::find(less.begin(), less.end(), machine.name) == less.end()) continue;
            PCG_TRY(dismiss(scope, machine));
        }
        for (const auto& machine : more) PCG_TRY(insert(scope, id, machine));
        deployment.spec.counts = counts;
        PCG_TRY(changeSpec(scope, id, deployment.spec));
        PCG_TRY(touch(scope, id));
        return required(scope, id);
    });
}

Result<Deployment> Deployments::remove(const TenantScope& scope, const DeploymentId& id) {
    PCG_TRY(seals_.prepare(database_, scope));
    return store::transact(database_, [&]() -> Result<Deployment> {
        const auto deployment = PCG_TRY(required(scope, id));
        for (const auto& machine : deployment.machines) PCG_TRY(dismiss(scope, machine));
        PCG_TRY(
            database_.execute("UPDATE deployments SET deleting = 1 WHERE tenant_id = ? AND id = ?",
                              {scope.tenant().text(), id.text()}));
        PCG_TRY(touch(scope, id));
        return required(scope, id);
    });
}

Result<Deployment> Deployments::abandon(const TenantScope& scope, const DeploymentId& id) {
    return store::transact(database_, [&]() -> Result<Deployment> {
        auto deployment = PCG_TRY(required(scope, id));
        if (!deployment.deleting)
            return fail(kNotDeleting,
                        "The deployment is not being deleted. Delete it first; only what cannot be "
                        "removed at the endpoint is abandoned.");
        PCG_TRY(database_.execute(
            "DELETE FROM deployment_machines WHERE tenant_id = ? AND deployment_id = ?",
            {scope.tenant().text(), id.text()}));
        PCG_TRY(database_.execute("DELETE FROM deployments WHERE tenant_id = ? AND id = ?",
                                  {scope.tenant().text(), id.text()}));
        return deployment;
    });
}

Result<Deployment> Deployments::retry(const TenantScope& scope,
                                      const DeploymentId& id,
                                      WallTime now) {
    PCG_TRY(seals_.prepare(database_, scope));
    return store::transact(database_, [&]() -> Result<Deployment> {
        const auto deployment = PCG_TRY(required(scope, id));
        for (auto machine : deployment.machines) {
            if (!machine.failed) continue;
            revive(machine, now);
            PCG_TRY(rewrite(scope, machine));
        }
        PCG_TRY(database_.execute(
            "UPDATE deployments SET plan_failed = 0, why_sealed = NULL WHERE tenant_id = ? AND id "
            "= ?",
            {scope.tenant().text(), id.text()}));
        PCG_TRY(touch(scope, id));
        return required(scope, id);
    });
}

Result<std::vector<std::pair<wire::TenantId, DeploymentId>>> Deployments::all(
    const PlatformAuthority&) {
    const auto rows =
        PCG_TRY(database_.query("SELECT tenant_id, id FROM deployments ORDER BY id LIMIT 100000"));
    std::vector<std::pair<wire::TenantId, DeploymentId>> keys;
    for (const auto& row : rows)
        keys.emplace_back(PCG_TRY(wire::parseTenantId(row.text(0))),
                          PCG_TRY(parseDeploymentId(row.text(1))));
    return keys;
}

Result<Secret> Deployments::userData(const DeploymentKey& key) {
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT user_data_sealed FROM deployments WHERE tenant_id = ? AND id = ?",
        {key.scope.tenant().text(), key.id.text()}));
    if (!row || row->isNull(0) || row->blob(0).empty()) return Secret{};
    return seals_.open(database_, key.scope, cellOf(key.id, "user_data_sealed"), row->blob(0));
}

Result<> Deployments::placed(const DeploymentKey& key, const std::string& placement) {
    auto sealedText = PCG_TRY(
        seals_.seal(database_, key.scope, cellOf(key.id, "placement_sealed"), asBytes(placement)));
    PCG_TRY(database_.execute(
        "UPDATE deployments SET placement_sealed = ?, plan_failed = 0, why_sealed = NULL, revision "
        "= revision + 1 WHERE tenant_id = ? AND id = ?",
        {std::move(sealedText), key.scope.tenant().text(), key.id.text()}));
    return {};
}

Result<> Deployments::notPlaced(const DeploymentKey& key, const std::string& why, bool forGood) {
    auto sealedText =
        PCG_TRY(seals_.seal(database_, key.scope, cellOf(key.id, "why_sealed"), asBytes(why)));
    PCG_TRY(database_.execute(
        "UPDATE deployments SET why_sealed = ?, plan_failed = ?, revision = revision + 1 WHERE "
        "tenant_id = ? AND id = ?",
        {std::move(sealedText), forGood ? 1 : 0, key.scope.tenant().text(), key.id.text()}));
    return {};
}

Result<> Deployments::ready(const DeploymentKey& key) {
    PCG_TRY(database_.execute(
        "UPDATE deployments SET was_ready = 1, revision = revision + 1 WHERE tenant_id = ? AND id "
        "= ?",
        {key.scope.tenant().text(), key.id.text()}));
    return {};
}

Result<bool> Deployments::save(const DeploymentKey& key, const Machine& machine) {
    return store::transact(database_, [&]() -> Result<bool> {
        // First of all: a tenant that has left has no key to seal anything with.
        const auto row = PCG_TRY(database_.queryOne(
            "SELECT wished FROM deployment_machines WHERE tenant_id = ? AND uuid = ?",
            {key.scope.tenant().text(), machine.uuid}));
        if (!row) return fail(notThere());
        PCG_TRY(rewrite(key.scope, machine));
        PCG_TRY(touch(key.scope, key.id));
        return row->flag(0);
    });
}

Result<> Deployments::forget(const DeploymentKey& key, const Machine& machine) {
    return store::transact(database_, [&]() -> Result<> {
        PCG_TRY(database_.execute(
            "DELETE FROM deployment_machines WHERE tenant_id = ? AND uuid = ? AND wished = 0",
            {key.scope.tenant().text(), machine.uuid}));
        return touch(key.scope, key.id);
    });
}

Result<> Deployments::erase(const DeploymentKey& key) {
    PCG_TRY(database_.execute(
        R"(DELETE FROM deployments WHERE tenant_id = ? AND id = ? AND deleting = 1 AND NOT EXISTS
             (SELECT 1 FROM deployment_machines m WHERE m.deployment_id = deployments.id))",
        {key.scope.tenant().text(), key.id.text()}));
    return {};
}

}  // namespace pcg::controlplane::deploy
