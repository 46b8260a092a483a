// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_store.h"

#include "common/base/assert.h"
#include "controlplane-sim/audit/audit_blocks.h"
#include "controlplane-sim/audit/audit_search.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr std::int64_t kBlocksAtOnce = 4;

}  // namespace

const std::vector<std::string_view>& auditSchema() {
    static const std::vector<std::string_view> kStatements{
        R"(CREATE TABLE audit_blocks (
             tenant_id TEXT NOT NULL,
             first_seq INTEGER NOT NULL,
             rows INTEGER NOT NULL,
             min_at_ms INTEGER NOT NULL,
             max_at_ms INTEGER NOT NULL,
             key_epoch INTEGER NOT NULL,
             PRIMARY KEY (tenant_id, first_seq)) STRICT, WITHOUT ROWID)",
        R"(CREATE TABLE audit_groups (
             tenant_id TEXT NOT NULL,
             first_seq INTEGER NOT NULL,
             rows INTEGER NOT NULL,
             max_at_ms INTEGER NOT NULL,
             sealed BLOB NOT NULL,
             PRIMARY KEY (tenant_id, first_seq)) STRICT)",
        // `hits`: offsets of rows from the block's first, ascending, 16 bits each, low octet first.
        R"(CREATE TABLE audit_terms (
             tenant_id TEXT NOT NULL,
             block INTEGER NOT NULL,
             term INTEGER NOT NULL,
             hits BLOB NOT NULL,
             PRIMARY KEY (tenant_id, block, term)) STRICT, WITHOUT ROWID)",
    };
    return kStatements;
}

const std::vector<std::string_view>& auditThinningSchema() {
    // How many rows are left of a block that lost those of traffic; NULL: it has all.
    static const std::vector<std::string_view> kStatements{
        "ALTER TABLE audit_blocks ADD COLUMN kept INTEGER"};
    return kStatements;
}

Result<> AuditStore::append(const TenantScope& scope, std::span<const AuditEvent> events) {
    PCG_ASSERT(database_.inTransaction());
    AuditBlocks blocks(database_, scope);
    while (!events.empty()) {
        const auto block = PCG_TRY(blocks.writable());
        const auto taken = std::min(events.size(), kAuditBlockRows - block.rows);
        PCG_TRY(blocks.append(block, events.first(taken)));
        events = events.subspan(taken);
    }
    return {};
}

Result<AuditStore::Page> AuditStore::page(const TenantScope& scope,
                                          const AuditFilter& filter,
                                          std::optional<std::uint64_t> before,
                                          std::size_t limit) {
    return AuditSearch(database_, scope, filter).run(before, limit);
}

Result<std::uint64_t> AuditStore::count(const TenantScope& scope) {
    const auto row = PCG_TRY(
        database_.queryOne("SELECT coalesce(sum(rows), 0) FROM audit_groups WHERE tenant_id = ?",
                           {scope.tenant().text()}));
    return static_cast<std::uint64_t>(row->integer(0));
}

Result<bool> AuditStore::retain(const TenantScope& scope,
                                const AuditRetention& keep,
                                WallTime now) {
    const auto& tenant = scope.tenant().text();
    const auto cutoff = toUnixMilliseconds(now - keep.age);
    const auto blocks = PCG_TRY(
        database_.query("SELECT first_seq, rows, max_at_ms FROM audit_blocks WHERE tenant_id = ? "
                        "ORDER BY first_seq LIMIT 2",
                        {tenant}));
    if (blocks.empty()) return false;
    const auto& oldest = blocks.front();
    const auto whole = PCG_TRY(database_.queryOne(
        "SELECT coalesce(min(first_seq), 0), coalesce(sum(rows), 0) FROM audit_blocks WHERE "
        "tenant_id = ? AND kept IS NULL",
        {tenant}));
    const auto thinned = PCG_TRY(database_.queryOne(
        "SELECT coalesce(sum(kept), 0) FROM audit_blocks WHERE tenant_id = ?", {tenant}));
    const bool isTooOld = oldest.integer(2) < cutoff;
    const bool areOlderTooMany = static_cast<std::uint64_t>(thinned->integer(0)) > keep.older;
    const auto full = static_cast<std::int64_t>(kAuditBlockRows);
    const bool areTooMany = whole->integer(1) > full &&
                            static_cast<std::uint64_t>(whole->integer(1) - full) >= keep.rows;
    // The newest block stays: it knows the number of the next row.
    if (blocks.size() > 1 && (isTooOld || areOlderTooMany)) {
        PCG_TRY(store::transact(database_, [&]() -> Result<> {
            return AuditBlocks(database_, scope).remove(oldest.integer(0), oldest.integer(1));
        }));
        return true;
    }
    if (blocks.size() > 1 && areTooMany) return thin(scope, whole->integer(0), keep.older > 0);
    PCG_TRY(database_.execute(
        "DELETE FROM audit_groups WHERE tenant_id = ? AND first_seq BETWEEN ? AND ? AND max_at_ms "
        "< ?",
        {tenant, oldest.integer(0), oldest.integer(0) + oldest.integer(1) - 1, cutoff}));
    return false;
}

Result<bool> AuditStore::thin(const TenantScope& scope, std::int64_t first, bool isKept) {
    const auto block = PCG_TRY(
        database_.queryOne("SELECT rows FROM audit_blocks WHERE tenant_id = ? AND first_seq = ?",
                           {scope.tenant().text(), first}));
    if (!block) return false;
    PCG_TRY(TenantVault(database_, scope).prepare());
    PCG_TRY(store::transact(database_, [&]() -> Result<> {
        AuditBlocks blocks(database_, scope);
        return isKept ? blocks.thin(first, block->integer(0))
                      : blocks.remove(first, block->integer(0));
    }));
    return true;
}

Result<bool> AuditStore::forgetSome(const TenantScope& scope) {
    const auto blocks = PCG_TRY(database_.query(
        "SELECT first_seq, rows FROM audit_blocks WHERE tenant_id = ? ORDER BY first_seq LIMIT ?",
        {scope.tenant().text(), kBlocksAtOnce}));
    PCG_TRY(store::transact(database_, [&]() -> Result<> {
        AuditBlocks all(database_, scope);
        for (const auto& block : blocks) PCG_TRY(all.remove(block.integer(0), block.integer(1)));
        return {};
    }));
    return !blocks.empty();
}

Result<bool> AuditStore::reseal(const TenantScope& scope) {
    return AuditBlocks(database_, scope).resealOne();
}

}  // namespace pcg::controlplane
