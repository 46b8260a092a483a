// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/state_store.h"

#include "common/store/key_vault.h"
#include "gateway/state/endpoints.h"
#include "gateway/state/schema.h"

namespace pcg::gateway {

Result<std::unique_ptr<StateStore>> StateStore::open(const std::filesystem::path& directory,
                                                     std::string_view machineBinding,
                                                     Random& random,
                                                     const Clock& clock) {
    auto locked = PCG_TRY(store::StateDir::open(directory));
    std::unique_ptr<StateStore> state(new StateStore(std::move(locked), random, clock));
    auto database = PCG_TRY(store::Database::open(state->directory_ / "gateway.db"));
    PCG_TRY(store::migrate(*database, gatewayMigrations()));
    state->envelope_ = PCG_TRY(
        store::Envelope::open(*database, state->directory_ / "root.key", machineBinding, random));
    state->database_ = database.get();
    PCG_TRY(bindEarlierCredentials(state->storage()));
    state->worker_ = std::make_unique<store::Worker>(std::move(database));
    return state;
}

Result<> tryWriting(Storage storage) {
    store::KeyVault vault(storage.database, storage.envelope, store::Scope{});
    const auto now = toRfc3339(storage.clock.wallNow());
    return vault.put("state.tried", Secret::fromText(now));
}

}  // namespace pcg::gateway
