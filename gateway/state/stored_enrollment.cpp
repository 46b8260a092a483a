// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/stored_enrollment.h"

#include "common/store/key_vault.h"

namespace pcg::gateway {
namespace {

constexpr auto kName = "enrollment";

store::KeyVault vaultOf(Storage& storage) {
    return {storage.database, storage.envelope, store::Scope{}};
}

}  // namespace

net::Task<Result<std::optional<Secret>>> StoredEnrollment::load() {
    auto work = [](Storage storage) { return vaultOf(storage).get(kName); };
    co_return co_await state_.run(std::move(work));
}

net::Task<Result<>> StoredEnrollment::save(Secret document) {
    auto work = [document = std::move(document)](Storage storage) {
        return vaultOf(storage).put(kName, document);
    };
    co_return co_await state_.run(std::move(work));
}

}  // namespace pcg::gateway
