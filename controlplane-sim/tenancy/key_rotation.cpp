// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/key_rotation.h"

#include "common/store/key_vault.h"
#include "controlplane-sim/audit/audit_store.h"
#include "controlplane-sim/tenancy/sealed_table.h"

namespace pcg::controlplane {
namespace {

constexpr std::size_t kRowsAtOnce = 100;

}  // namespace

Result<> KeyRotation::begin() {
    TenantVault vault(database_, scope_);
    PCG_TRY(vault.prepare());
    if (vault.epochs().size() > 1) return {};
    const store::Scope next{scope_.tenant().text(), vault.epoch() + 1};
    // The index key first: the generation counts from its tenant key on, and prepare() makes up for
    // a crash before the second.
    PCG_TRY(vault.envelope_.prepare(next, store::KeyClass::Index));
    return vault.envelope_.prepare(next, store::KeyClass::Data);
}

Result<bool> KeyRotation::isUnderWay() const {
    return TenantVault(database_, scope_).epochs().size() > 1;
}

Result<bool> KeyRotation::step() {
    TenantVault vault(database_, scope_);
    PCG_TRY(vault.prepare());
    const auto epochs = vault.epochs();
    if (epochs.size() < 2) return true;
    for (const auto& table : sealedTables()) {
        if (PCG_TRY(reseal(database_, scope_, table, kRowsAtOnce)) > 0) return false;
    }
    if (PCG_TRY(AuditStore(database_).reseal(scope_))) return false;
    if (PCG_TRY(moveSecrets(epochs.front(), epochs.back()))) return false;
    // Answers that are kept for a day are given up: their keys stay taken, so nothing runs twice.
    PCG_TRY(database_.execute(
        "UPDATE idempotency_keys SET status = 0, answer = NULL WHERE tenant_id = ?",
        {scope_.tenant().text()}));
    PCG_TRY(vault.envelope_.destroy({scope_.tenant().text(), epochs.front()}));
    return epochs.size() == 2;
}

Result<bool> KeyRotation::moveSecrets(std::int64_t from, std::int64_t to) {
    TenantVault vault(database_, scope_);
    store::KeyVault old(database_, vault.envelope_, {scope_.tenant().text(), from});
    store::KeyVault fresh(database_, vault.envelope_, {scope_.tenant().text(), to});
    const auto names = PCG_TRY(old.names());
    if (names.empty()) return false;
    PCG_TRY(fresh.prepare());
    PCG_TRY(store::transact(database_, [&]() -> Result<> {
        for (const auto& name : names) {
            const auto secret = PCG_TRY(old.get(name));
            // What was put under the new key meanwhile is newer.
            const bool isThere = PCG_TRY(fresh.get(name)).has_value();
            if (secret && !isThere) PCG_TRY(fresh.put(name, *secret));
            PCG_TRY(old.remove(name));
        }
        return {};
    }));
    return true;
}

}  // namespace pcg::controlplane
