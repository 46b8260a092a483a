// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/remote_access.h"

#include "common/crypto/p256.h"
#include "common/store/key_vault.h"

namespace pcg::gateway {
namespace {

constexpr auto kSealingKey = "sealing";

}  // namespace

std::optional<RemoteAccess> parseRemoteWord(std::string_view word) {
    for (const bool endpoints : {false, true}) {
        for (const bool keys : {false, true}) {
            const RemoteAccess access{endpoints, keys};
            if (remoteWord(access) == word) return access;
        }
    }
    return std::nullopt;
}

std::string_view remoteWord(RemoteAccess access) {
    if (access.endpoints) return access.keys ? "all" : "endpoints";
    return access.keys ? "keys" : "nothing";
}

Result<std::optional<RemoteAccess>> storedRemoteAccess(Storage storage, const store::Scope& scope) {
    const auto row = PCG_TRY(storage.database.queryOne(
        "SELECT endpoints, keys FROM remote_access WHERE scope_tenant = ? AND scope_epoch = ?",
        {scope.tenant, scope.epoch}));
    if (!row) return std::nullopt;
    return RemoteAccess{row->integer(0) != 0, row->integer(1) != 0};
}

Result<> storeRemoteAccess(Storage storage, const store::Scope& scope, RemoteAccess access) {
    PCG_TRY(storage.database.execute(
        "INSERT INTO remote_access VALUES (?, ?, ?, ?) ON CONFLICT (scope_tenant, scope_epoch) "
        "DO UPDATE SET endpoints = excluded.endpoints, keys = excluded.keys",
        {scope.tenant, scope.epoch, access.endpoints ? 1 : 0, access.keys ? 1 : 0}));
    return {};
}

Result<Secret> sealingKey(Storage storage, const store::Scope& scope) {
    store::KeyVault vault(storage.database, storage.envelope, scope);
    auto kept = PCG_TRY(vault.get(kSealingKey));
    if (kept) return std::move(*kept);
    auto made = crypto::Scalar::random(storage.random).bytes();
    PCG_TRY(vault.put(kSealingKey, made));
    return made;
}

}  // namespace pcg::gateway
