// SPDX-License-Identifier: Apache-2.0
#include "common/store/key_vault.h"

namespace pcg::store {
namespace {

Cell cellOf(const std::string& name) { return {"sealed_secrets", name, "sealed"}; }

}  // namespace

Result<> KeyVault::put(const std::string& name, const Secret& value) {
    const auto sealed =
        PCG_TRY(envelope_.seal(scope_, KeyClass::Keys, cellOf(name), value.reveal()));
    PCG_TRY(database_.execute(
        "INSERT INTO sealed_secrets VALUES (?, ?, ?, ?) "
        "ON CONFLICT (tenant, epoch, name) DO UPDATE SET sealed = excluded.sealed",
        {scope_.tenant, scope_.epoch, name, sealed}));
    return {};
}

Result<std::optional<Secret>> KeyVault::get(const std::string& name) const {
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT sealed FROM sealed_secrets WHERE tenant = ? AND epoch = ? AND name = ?",
        {scope_.tenant, scope_.epoch, name}));
    if (!row) return std::nullopt;
    return std::optional<Secret>(
        PCG_TRY(envelope_.open(scope_, KeyClass::Keys, cellOf(name), row->blob(0))));
}

Result<> KeyVault::remove(const std::string& name) {
    PCG_TRY(
        database_.execute("DELETE FROM sealed_secrets WHERE tenant = ? AND epoch = ? AND name = ?",
                          {scope_.tenant, scope_.epoch, name}));
    return {};
}

Result<std::vector<std::string>> KeyVault::names() const {
    const auto rows = PCG_TRY(database_.query(
        "SELECT name FROM sealed_secrets WHERE tenant = ? AND epoch = ? ORDER BY name",
        {scope_.tenant, scope_.epoch}));
    std::vector<std::string> names;
    names.reserve(rows.size());
    for (const auto& row : rows) names.push_back(row.text(0));
    return names;
}

}  // namespace pcg::store
