// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_blocks.h"

#include "controlplane-sim/audit/audit_codec.h"

#include <algorithm>
#include <map>

namespace pcg::controlplane {

Result<AuditBlocks::Block> AuditBlocks::writable() {
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT first_seq, rows, key_epoch FROM audit_blocks WHERE tenant_id = ? "
        "ORDER BY first_seq DESC LIMIT 1",
        {tenant_}));
    if (!row) return Block{1, 0, vault_.epoch()};
    const Block last{row->integer(0), static_cast<std::size_t>(row->integer(1)), row->integer(2)};
    if (last.rows < kAuditBlockRows && last.epoch == vault_.epoch()) return last;
    return Block{last.first + static_cast<std::int64_t>(last.rows), 0, vault_.epoch()};
}

Result<> AuditBlocks::append(const Block& block, std::span<const AuditEvent> events) {
    const auto first = block.first + static_cast<std::int64_t>(block.rows);
    PCG_TRY(writeGroups(first, events));
    std::vector<std::pair<std::int64_t, const AuditEvent*>> rows;
    for (const auto& event : events)
        rows.emplace_back(first + static_cast<std::int64_t>(rows.size()), &event);
    PCG_TRY(writeTerms(block, rows));
    const auto [oldest, newest] = std::minmax_element(
        events.begin(), events.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    PCG_TRY(database_.execute(
        R"(INSERT INTO audit_blocks (tenant_id, first_seq, rows, min_at_ms, max_at_ms, key_epoch)
           VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (tenant_id, first_seq) DO UPDATE SET rows = rows + excluded.rows,
             min_at_ms = min(min_at_ms, excluded.min_at_ms),
             max_at_ms = max(max_at_ms, excluded.max_at_ms))",
        {tenant_,
         block.first,
         events.size(),
         toUnixMilliseconds(oldest->at),
         toUnixMilliseconds(newest->at),
         block.epoch}));
    return {};
}

Result<> AuditBlocks::writeGroups(std::int64_t first, std::span<const AuditEvent> events) {
    while (!events.empty()) {
        const auto group = events.first(std::min(events.size(), kAuditGroupRows));
        std::int64_t newest = 0;
        for (const auto& event : group) newest = std::max(newest, toUnixMilliseconds(event.at));
        auto sealed = PCG_TRY(vault_.seal(cellOf(first), encodeRows(group)));
        PCG_TRY(database_.execute(
            "INSERT INTO audit_groups (tenant_id, first_seq, rows, max_at_ms, sealed) VALUES (?, "
            "?, ?, ?, ?)",
            {tenant_, first, group.size(), newest, std::move(sealed)}));
        first += static_cast<std::int64_t>(group.size());
        events = events.subspan(group.size());
    }
    return {};
}

Result<> AuditBlocks::writeTerms(
    const Block& block, const std::vector<std::pair<std::int64_t, const AuditEvent*>>& rows) {
    std::map<AuditTerm, Bytes> hits;
    for (const auto& [number, event] : rows) {
        const auto offset = static_cast<std::size_t>(number - block.first);
        for (auto& term : termsOf(*event)) {
            auto& list = hits[std::move(term)];
            list.push_back(static_cast<std::uint8_t>(offset & 0xff));
            list.push_back(static_cast<std::uint8_t>(offset >> 8));
        }
    }
    for (auto& [term, list] : hits) {
        const auto number = PCG_TRY(vault_.term(block.epoch, term.field, term.text));
        PCG_TRY(database_.execute(
            R"(INSERT INTO audit_terms (tenant_id, block, term, hits) VALUES (?, ?, ?, ?)
               ON CONFLICT (tenant_id, block, term)
               DO UPDATE SET hits = CAST(hits || excluded.hits AS BLOB))",
            {tenant_, block.first, number, std::move(list)}));
    }
    return {};
}

Result<> AuditBlocks::remove(std::int64_t first, std::int64_t rows) {
    PCG_TRY(database_.execute(
        "DELETE FROM audit_groups WHERE tenant_id = ? AND first_seq BETWEEN ? AND ?",
        {tenant_, first, first + rows - 1}));
    PCG_TRY(database_.execute("DELETE FROM audit_terms WHERE tenant_id = ? AND block = ?",
                              {tenant_, first}));
    PCG_TRY(database_.execute("DELETE FROM audit_blocks WHERE tenant_id = ? AND first_seq = ?",
                              {tenant_, first}));
    return {};
}

Result<bool> AuditBlocks::resealOne() {
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT first_seq, rows, key_epoch FROM audit_blocks WHERE tenant_id = ? AND key_epoch < ? "
        "ORDER BY first_seq LIMIT 1",
        {tenant_, vault_.epoch()}));
    if (!row) return false;
    const Block block{row->integer(0), static_cast<std::size_t>(row->integer(1)), vault_.epoch()};
    PCG_TRY(store::transact(database_, [&]() -> Result<> {
        PCG_TRY(rewrite(block, false));
        return {};
    }));
    return true;
}

Result<> AuditBlocks::thin(std::int64_t first, std::int64_t rows) {
    const auto kept =
        PCG_TRY(rewrite({first, static_cast<std::size_t>(rows), vault_.epoch()}, true));
    if (kept == 0) return remove(first, rows);
    PCG_TRY(
        database_.execute("UPDATE audit_blocks SET kept = ? WHERE tenant_id = ? AND first_seq = ?",
                          {kept, tenant_, first}));
    return {};
}

// Rows that retention has removed leave gaps, so each run of consecutive rows is written by itself.
Result<std::size_t> AuditBlocks::rewrite(const Block& block, bool isThinned) {
    const auto last = block.first + static_cast<std::int64_t>(block.rows) - 1;
    const auto groups =
        PCG_TRY(database_.query("SELECT first_seq, sealed FROM audit_groups WHERE tenant_id = ? "
                                "AND first_seq BETWEEN ? AND "
                                "? ORDER BY first_seq",
                                {tenant_, block.first, last}));
    std::vector<Run> runs;
    for (const auto& group : groups) {
        auto number = group.integer(0);
        auto events = PCG_TRY(decodeRows(PCG_TRY(vault_.open(cellOf(number), group.blob(1)))));
        for (auto& event : events) {
            const auto seq = number++;
            if (isThinned && isTraffic(event)) continue;
            const bool follows =
                !runs.empty() &&
                runs.back().first + static_cast<std::int64_t>(runs.back().events.size()) == seq;
            if (!follows) runs.push_back({seq, {}});
            runs.back().events.push_back(std::move(event));
        }
    }
    PCG_TRY(database_.execute(
        "DELETE FROM audit_groups WHERE tenant_id = ? AND first_seq BETWEEN ? AND ?",
        {tenant_, block.first, last}));
    PCG_TRY(database_.execute("DELETE FROM audit_terms WHERE tenant_id = ? AND block = ?",
                              {tenant_, block.first}));
    std::vector<std::pair<std::int64_t, const AuditEvent*>> rows;
    for (const auto& run : runs) {
        PCG_TRY(writeGroups(run.first, run.events));
        auto seq = run.first;
        for (const auto& event : run.events) rows.emplace_back(seq++, &event);
    }
    PCG_TRY(writeTerms(block, rows));
    PCG_TRY(database_.execute(
        "UPDATE audit_blocks SET key_epoch = ? WHERE tenant_id = ? AND first_seq = ?",
        {vault_.epoch(), tenant_, block.first}));
    return rows.size();
}

}  // namespace pcg::controlplane
