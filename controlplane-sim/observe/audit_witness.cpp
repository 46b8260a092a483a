// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/audit_witness.h"

#include <limits>

namespace pcg::controlplane {
namespace {

std::string linesOf(const ChainHead& head) {
    return "line " + std::to_string(head.place) + " of its " + head.chain;
}

// A head that came after `last`; empty: they fit each other as far as heads alone can tell.
std::optional<std::string> contradiction(const ChainHead& last, const ChainHead& next) {
    if (next.place < last.place) {
        return "The gateway's audit goes backwards: it had come to " + linesOf(last) +
               ", and now ends at " + std::to_string(next.place) + ".";
    }
    if (next.place == last.place && next.digest != last.digest) {
        return "The gateway's audit was written anew: " + linesOf(next) +
               " is not the one that it told before.";
    }
    return std::nullopt;
}

}  // namespace

const std::vector<std::string_view>& auditWitnessSchema() {
    static const std::vector<std::string_view> kStatements{
        R"(CREATE TABLE gateway_audit_heads (
             tenant_id TEXT NOT NULL REFERENCES tenants(id),
             gateway_id TEXT NOT NULL,
             number INTEGER NOT NULL,
             chain TEXT NOT NULL,
             place INTEGER NOT NULL,
             digest TEXT NOT NULL,
             at_ms INTEGER NOT NULL,
             PRIMARY KEY (tenant_id, gateway_id, number)) STRICT)",
        "CREATE INDEX gateway_audit_heads_by_chain ON gateway_audit_heads(tenant_id, gateway_id, "
        "chain, number)",
    };
    return kStatements;
}

Result<std::vector<std::string>> AuditWitness::keep(const TenantScope& scope,
                                                    const wire::GatewayId& gateway,
                                                    const std::vector<ChainHead>& heads,
                                                    WallTime now) {
    return store::transact(database_, [&]() -> Result<std::vector<std::string>> {
        std::vector<std::string> findings;
        const auto owned =
            PCG_TRY(database_.queryOne("SELECT 1 FROM gateways WHERE tenant_id = ? AND id = ?",
                                       {scope.tenant().text(), gateway.text()}));
        if (!owned) return findings;
        for (const auto& head : heads) {
            auto finding = PCG_TRY(keepOne(scope, gateway, head, now));
            if (finding) findings.push_back(std::move(*finding));
        }
        return findings;
    });
}

Result<std::optional<std::string>> AuditWitness::keepOne(const TenantScope& scope,
                                                         const wire::GatewayId& gateway,
                                                         const ChainHead& head,
                                                         WallTime now) {
    const auto& tenant = scope.tenant().text();
    const auto rows = PCG_TRY(database_.query(
        "SELECT number, place, digest, at_ms FROM gateway_audit_heads WHERE tenant_id = ? AND "
        "gateway_id = ? AND chain = ? ORDER BY number DESC LIMIT 2",
        {tenant, gateway.text(), head.chain}));
    std::optional<std::string> finding;
    if (!rows.empty()) {
        const auto& last = rows.front();
        const ChainHead known{
            head.chain, static_cast<std::uint64_t>(last.integer(1)), last.text(2)};
        if (known == head) return finding;
        finding = contradiction(known, head);
    } else if (head.place == 0) {
        return finding;
    }
    // The newest one stands for its hour, unless something is wrong with it.
    const bool isOfItsHour = rows.size() == 2 && rows[0].integer(3) - rows[1].integer(3) <
                                                     std::chrono::milliseconds(kApart).count();
    if (isOfItsHour && !finding) {
        PCG_TRY(database_.execute(
            "DELETE FROM gateway_audit_heads WHERE tenant_id = ? AND gateway_id = ? AND number = ?",
            {tenant, gateway.text(), rows[0].integer(0)}));
    }
    PCG_TRY(database_.execute(
        R"(INSERT INTO gateway_audit_heads (tenant_id, gateway_id, number, chain, place, digest, at_ms)
             SELECT ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ? FROM gateway_audit_heads
             WHERE tenant_id = ? AND gateway_id = ?)",
        {tenant,
         gateway.text(),
         head.chain,
         static_cast<std::int64_t>(head.place),
         head.digest,
         toUnixMilliseconds(now),
         tenant,
         gateway.text()}));
    PCG_TRY(database_.execute(
        R"(DELETE FROM gateway_audit_heads WHERE tenant_id = ? AND gateway_id = ? AND chain = ? AND
             number <= (SELECT number FROM gateway_audit_heads WHERE tenant_id = ? AND gateway_id = ?
               AND chain = ? ORDER BY number DESC LIMIT 1 OFFSET ?))",
        {tenant, gateway.text(), head.chain, tenant, gateway.text(), head.chain, kKept}));
    return finding;
}

Result<std::vector<WitnessedHead>> AuditWitness::list(const TenantScope& scope,
                                                      const wire::GatewayId& gateway,
                                                      std::optional<std::int64_t> before,
                                                      std::size_t limit) {
    const auto rows = PCG_TRY(database_.query(
        "SELECT chain, place, digest, at_ms, number FROM gateway_audit_heads WHERE tenant_id = ? "
        "AND gateway_id = ? AND number < ? ORDER BY number DESC LIMIT ?",
        {scope.tenant().text(),
         gateway.text(),
         before.value_or(std::numeric_limits<std::int64_t>::max()),
         limit}));
    std::vector<WitnessedHead> heads;
    heads.reserve(rows.size());
    for (const auto& row : rows) {
        heads.push_back({{row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.text(2)},
                         fromUnixMilliseconds(row.integer(3)),
                         row.integer(4)});
    }
    return heads;
}

}  // namespace pcg::controlplane
