// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/sealed_table.h"

#include "common/base/text.h"

namespace pcg::controlplane {
namespace {

constexpr std::size_t kRowsAtOnce = 500;

const std::vector<SealedTable>& tables() {
    static const std::vector<SealedTable> all = {
        {"gateways", "id", {{"name", "name_sealed", "gateway.name"}}},
        {"endpoints", "id", {{"name", "name_sealed", {}}, {"why", "why_sealed", {}}}},
        {"users",
         "id",
         {{"username", "username_sealed", "user.name", true},
          {"password_hash", "password_hash_sealed", {}}}},
        {"api_tokens", "id", {{"label", "label_sealed", {}}}},
        {"gateway_timeline", "id", {{"text", "text_sealed", {}}}},
        {"deployments",
         "id",
         {{"spec", "spec_sealed", {}},
          {"placement", "placement_sealed", {}},
          {"user_data", "user_data_sealed", {}},
          {"why", "why_sealed", {}}}},
        {"deployment_machines", "uuid", {{"record", "record_sealed", {}}}},
        {"uploads", "id", {{"ordered", "ordered_sealed", {}}, {"why", "why_sealed", {}}}},
        {"orchestrator_keys",
         "endpoint_id",
         {{"username", "username_sealed", {}}, {"password", "password_sealed", {}}}},
    };
    return all;
}

class Resealing {
  public:
    Resealing(store::Database& database, const TenantScope& scope, const SealedTable& table)
        : database_(database),
          tenant_(scope.tenant().text()),
          vault_(database, scope),
          table_(table) {}

    Result<std::size_t> run(std::size_t limit) {
        PCG_TRY(vault_.prepare());
        return store::transact(database_, [&]() -> Result<std::size_t> {
            const auto rows = PCG_TRY(database_.query(
                "SELECT " + std::string(table_.key) + ", key_epoch FROM " +
                    std::string(table_.name) + " WHERE tenant_id = ? AND key_epoch < ? LIMIT ?",
                {tenant_, vault_.epoch(), limit}));
            for (const auto& row : rows) {
                for (const auto& column : table_.columns) {
                    PCG_TRY(sealCell(row.text(0), row.integer(1), column));
                }
                PCG_TRY(database_.execute(
                    "UPDATE " + std::string(table_.name) + " SET key_epoch = ? " + where(),
                    {vault_.epoch(), tenant_, row.text(0)}));
            }
            return rows.size();
        });
    }

  private:
    std::string where() const {
        return "WHERE tenant_id = ? AND " + std::string(table_.key) + " = ?";
    }

    Result<> sealCell(const std::string& key, std::int64_t epoch, const SealedColumn& column) {
        const std::string plain(column.plain);
        const std::string sealed(column.sealed);
        const auto row = PCG_TRY(database_.queryOne(
            "SELECT " + plain + ", " + sealed + " FROM " + std::string(table_.name) + " " + where(),
            {tenant_, key}));
        if (!row || (row->isNull(1) && epoch != kPlainEpoch)) return {};
        const store::Cell cell{std::string(table_.name), key, sealed};
        const auto secret = row->isNull(1) ? Secret::fromText(row->text(0))
                                           : PCG_TRY(vault_.openSecret(cell, row->blob(1)));
        const auto text = secret.revealText();
        std::string index;
        if (!column.field.empty()) {
            const auto found = column.ignoresCase ? toLowerAscii(text) : std::string(text);
            index = PCG_TRY(vault_.index(column.field, found)).newest;
        }
        auto sealedText = PCG_TRY(vault_.seal(cell, text));
        PCG_TRY(database_.execute("UPDATE " + std::string(table_.name) + " SET " + plain +
                                      " = ?, " + sealed + " = ? " + where(),
                                  {index, std::move(sealedText), tenant_, key}));
        return {};
    }

    store::Database& database_;
    std::string tenant_;
    TenantVault vault_;
    const SealedTable& table_;
};

}  // namespace

std::span<const SealedTable> sealedTables() { return tables(); }

Result<std::size_t> reseal(store::Database& database,
                           const TenantScope& scope,
                           const SealedTable& table,
                           std::size_t limit) {
    return Resealing(database, scope, table).run(limit);
}

Result<std::size_t> sealPlainRows(store::Database& database, const PlatformAuthority& authority) {
    std::size_t sealed = 0;
    for (const auto& table : sealedTables()) {
        const auto tenants = PCG_TRY(
            database.query("SELECT DISTINCT tenant_id FROM " + std::string(table.name) +
                               " WHERE key_epoch = ? AND tenant_id IN (SELECT id FROM tenants "
                               "WHERE leaving_at_ms IS NULL)",
                           {kPlainEpoch}));
        for (const auto& row : tenants) {
            const auto scope = authority.scopeOf(PCG_TRY(wire::parseTenantId(row.text(0))));
            std::size_t done = kRowsAtOnce;
            while (done == kRowsAtOnce) {
                done = PCG_TRY(reseal(database, scope, table, kRowsAtOnce));
                sealed += done;
            }
        }
    }
    // The plain text must not stay behind in the write-ahead log.
    if (sealed > 0) PCG_TRY(database.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    return sealed;
}

}  // namespace pcg::controlplane
