// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/timeline.h"

#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/tenancy/tenant_vault.h"

#include <array>
#include <limits>

namespace pcg::controlplane {
namespace {

constexpr std::array<std::string_view, 4> kSeverities{"info", "success", "warning", "danger"};
constexpr std::size_t kMaxText = 512;

store::Cell cellOf(const std::string& id) { return {"gateway_timeline", id, "text_sealed"}; }

// A gateway may belong to another tenant later, whose numbers begin anew.
std::string idOf(const TenantScope& scope, const wire::GatewayId& gateway, std::int64_t number) {
    return scope.tenant().text() + "." + gateway.text() + "." + std::to_string(number);
}

Severity severityOf(std::int64_t number) {
    const auto last = static_cast<std::int64_t>(kSeverities.size()) - 1;
    return static_cast<Severity>(number < 0 || number > last ? 0 : number);
}

}  // namespace

std::string_view nameOf(Severity severity) {
    return kSeverities[static_cast<std::size_t>(severity)];
}

const std::vector<std::string_view>& timelineSchema() {
    // `text` stays empty: the pair of columns that sealed_table.h knows.
    static const std::vector<std::string_view> kStatements{
        R"(CREATE TABLE gateway_timeline (
             id TEXT PRIMARY KEY,
             tenant_id TEXT NOT NULL REFERENCES tenants(id),
             gateway_id TEXT NOT NULL,
             number INTEGER NOT NULL,
             at_ms INTEGER NOT NULL,
             kind TEXT NOT NULL,
             severity INTEGER NOT NULL,
             text TEXT NOT NULL,
             text_sealed BLOB NOT NULL,
             key_epoch INTEGER NOT NULL) STRICT)",
        "CREATE UNIQUE INDEX gateway_timeline_by_number ON gateway_timeline(tenant_id, gateway_id, "
        "number)",
    };
    return kStatements;
}

Result<> Timeline::add(const TenantScope& scope,
                       const wire::GatewayId& gateway,
                       TimelineEntry entry) {
    TenantVault vault(database_, scope);
    PCG_TRY(vault.prepare());
    return store::transact(database_, [&]() -> Result<> {
        const auto& tenant = scope.tenant().text();
        const auto owned = PCG_TRY(database_.queryOne(
            "SELECT 1 FROM gateways WHERE tenant_id = ? AND id = ?", {tenant, gateway.text()}));
        if (!owned) return {};
        const auto last = PCG_TRY(database_.queryOne(
            "SELECT coalesce(max(number), 0) FROM gateway_timeline WHERE tenant_id = ? AND "
            "gateway_id = ?",
            {tenant, gateway.text()}));
        const auto number = last->integer(0) + 1;
        const auto id = idOf(scope, gateway, number);
        const auto text = cleanText(entry.text, kMaxText) + "\n" + cleanText(entry.cause, kMaxText);
        auto sealed = PCG_TRY(vault.seal(cellOf(id), text));
        PCG_TRY(database_.execute(
            R"(INSERT INTO gateway_timeline (id, tenant_id, gateway_id, number, at_ms, kind, severity,
                 text, text_sealed, key_epoch) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?))",
            {id,
             tenant,
             gateway.text(),
             number,
             toUnixMilliseconds(entry.at),
             entry.kind,
             static_cast<std::int64_t>(entry.severity),
             std::move(sealed),
             vault.epoch()}));
        PCG_TRY(database_.execute(
            "DELETE FROM gateway_timeline WHERE tenant_id = ? AND gateway_id = ? AND number <= ?",
            {tenant, gateway.text(), number - kTimelineEntries}));
        return {};
    });
}

Result<std::vector<TimelineEntry>> Timeline::list(const TenantScope& scope,
                                                  const wire::GatewayId& gateway,
                                                  std::optional<std::int64_t> before,
                                                  std::size_t limit) {
    const TenantVault vault(database_, scope);
    const auto rows = PCG_TRY(database_.query(
        "SELECT id, at_ms, kind, severity, text_sealed, number FROM gateway_timeline WHERE "
        "tenant_id = ? AND gateway_id = ? AND number < ? ORDER BY number DESC LIMIT ?",
        {scope.tenant().text(),
         gateway.text(),
         before.value_or(std::numeric_limits<std::int64_t>::max()),
         limit}));
    std::vector<TimelineEntry> entries;
    for (const auto& row : rows) {
        const auto text = PCG_TRY(vault.open(cellOf(row.text(0)), row.blob(4)));
        const auto end = std::min(text.find('\n'), text.size());
        entries.push_back({fromUnixMilliseconds(row.integer(1)),
                           row.text(2),
                           severityOf(row.integer(3)),
                           text.substr(0, end),
                           end < text.size() ? text.substr(end + 1) : std::string(),
                           row.integer(5)});
    }
    return entries;
}

}  // namespace pcg::controlplane
