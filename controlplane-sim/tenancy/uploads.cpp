// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/uploads.h"

#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/tenant_vault.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr const char* kColumns =
    "SELECT id, gateway_id, endpoint_id, ordered_sealed, state, fetched, pushed, total, cached, "
    "code, why_sealed, created_at_ms, changed_at_ms FROM uploads ";

store::Cell cellOf(const wire::UploadId& id, const char* column) {
    return {"uploads", id.text(), column};
}

Result<Upload> uploadOf(store::Database& database,
                        const TenantScope& scope,
                        const store::Row& row) {
    const TenantVault vault(database, scope);
    auto id = PCG_TRY(wire::parseUploadId(row.text(0)));
    auto gateway = PCG_TRY(wire::parseGatewayId(row.text(1)));
    auto endpoint = PCG_TRY(wire::parseEndpointId(row.text(2)));
    auto ordered = PCG_TRY(vault.open(cellOf(id, "ordered_sealed"), row.blob(3)));
    auto why = row.isNull(10) ? std::string()
                              : PCG_TRY(vault.open(cellOf(id, "why_sealed"), row.blob(10)));
    Upload upload{.id = std::move(id),
                  .gateway = std::move(gateway),
                  .endpoint = std::move(endpoint),
                  .ordered = std::move(ordered),
                  .state = wire::parseUploadState(row.text(4)).value_or(wire::UploadState::Unknown),
                  .fetched = static_cast<std::uint64_t>(row.integer(5)),
                  .pushed = static_cast<std::uint64_t>(row.integer(6)),
                  .total = std::nullopt,
                  .cached = row.flag(8),
                  .code = row.text(9),
                  .why = std::move(why),
                  .createdAt = fromUnixMilliseconds(row.integer(11)),
                  .changedAt = fromUnixMilliseconds(row.integer(12))};
    if (const auto total = row.optionalInteger(7))
        upload.total = static_cast<std::uint64_t>(*total);
    return upload;
}

std::optional<std::int64_t> numberOf(const std::optional<std::uint64_t>& value) {
    if (!value) return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

UploadReport lostReport(const wire::UploadId& id) {
    UploadReport lost{.id = id, .total = std::nullopt, .code = {}, .why = {}};
    lost.state = wire::UploadState::Unknown;
    lost.code = "upload.outcome_unknown";
    lost.why =
        "The gateway does not know of it (any more). Look at the target, then order it again.";
    return lost;
}

}  // namespace

const std::vector<std::string_view>& uploadsSchema() {
    static const std::vector<std::string_view> statements = {
        R"(CREATE TABLE uploads (
             id TEXT PRIMARY KEY,
             tenant_id TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
             gateway_id TEXT NOT NULL,
             endpoint_id TEXT NOT NULL,
             key_epoch INTEGER NOT NULL,
             ordered TEXT NOT NULL DEFAULT '',
             ordered_sealed BLOB NOT NULL,
             state TEXT NOT NULL,
             is_over INTEGER NOT NULL DEFAULT 0,
             fetched INTEGER NOT NULL DEFAULT 0,
             pushed INTEGER NOT NULL DEFAULT 0,
             total INTEGER,
             cached INTEGER NOT NULL DEFAULT 0,
             code TEXT NOT NULL DEFAULT '',
             why TEXT NOT NULL DEFAULT '',
             why_sealed BLOB,
             created_at_ms INTEGER NOT NULL,
             changed_at_ms INTEGER NOT NULL) STRICT)",
        "CREATE INDEX uploads_by_tenant ON uploads(tenant_id, created_at_ms, id)",
    };
    return statements;
}

Result<> Uploads::add(const TenantScope& scope, const Upload& upload) {
    const auto& tenant = scope.tenant().text();
    TenantVault vault(database_, scope);
    PCG_TRY(vault.prepare());
    return store::transact(database_, [&]() -> Result<> {
        const auto count = PCG_TRY(database_.queryOne(
            "SELECT count(*), coalesce(sum(is_over), 0) FROM uploads WHERE tenant_id = ?",
            {tenant}));
        const auto most = static_cast<std::int64_t>(kMostUploads);
        if (count->integer(0) - count->integer(1) >= most) {
            return fail(kTooMany,
                        "A tenant has at most " + std::to_string(kMostUploads) +
                            " uploads that are not over: wait for some, or cancel them.");
        }
        if (count->integer(0) >= most) {
            PCG_TRY(database_.execute(
                "DELETE FROM uploads WHERE tenant_id = ? AND id IN (SELECT id FROM uploads WHERE "
                "tenant_id = ? AND is_over = 1 ORDER BY created_at_ms, id LIMIT ?)",
                {tenant, tenant, count->integer(0) - most + 1}));
        }
        auto sealed = PCG_TRY(vault.seal(cellOf(upload.id, "ordered_sealed"), upload.ordered));
        PCG_TRY(database_.execute(
            "INSERT INTO uploads (id, tenant_id, gateway_id, endpoint_id, key_epoch, "
            "ordered_sealed, state, created_at_ms, changed_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
            "?)",
            {upload.id.text(),
             tenant,
             upload.gateway.text(),
             upload.endpoint.text(),
             vault.epoch(),
             std::move(sealed),
             wire::nameOf(upload.state),
             toUnixMilliseconds(upload.createdAt),
             toUnixMilliseconds(upload.changedAt)}));
        return {};
    });
}

Result<std::optional<Upload>> Uploads::find(const TenantScope& scope, const wire::UploadId& id) {
    const auto row =
        PCG_TRY(database_.queryOne(std::string(kColumns) + "WHERE tenant_id = ? AND id = ?",
                                   {scope.tenant().text(), id.text()}));
    if (!row) return std::nullopt;
    return PCG_TRY(uploadOf(database_, scope, *row));
}

Result<std::vector<Upload>> Uploads::list(const TenantScope& scope,
                                          const std::optional<std::string>& before,
                                          std::size_t limit) {
    const auto rows = PCG_TRY(database_.query(
        std::string(kColumns) +
            "WHERE tenant_id = ? AND (? IS NULL OR (created_at_ms, id) < (SELECT u.created_at_ms, "
            "u.id FROM uploads u WHERE u.tenant_id = ? AND u.id = ?)) ORDER BY created_at_ms DESC, "
            "id DESC LIMIT ?",
        {scope.tenant().text(), before, scope.tenant().text(), before, limit}));
    std::vector<Upload> uploads;
    uploads.reserve(rows.size());
    for (const auto& row : rows) uploads.push_back(PCG_TRY(uploadOf(database_, scope, row)));
    return uploads;
}

Result<> Uploads::apply(const TenantScope& scope,
                        Upload& known,
                        const UploadReport& report,
                        WallTime now) {
    known.state = report.state;
    known.fetched = report.fetched;
    known.pushed = report.pushed;
    if (report.total) known.total = report.total;
    known.cached = report.cached;
    known.code = report.code;
    known.why = report.why;
    known.changedAt = now;
    TenantVault vault(database_, scope);
    auto why = PCG_TRY(vault.seal(cellOf(known.id, "why_sealed"), known.why));
    PCG_TRY(database_.execute(
        "UPDATE uploads SET state = ?, is_over = ?, fetched = ?, pushed = ?, total = ?, cached = "
        "?, code = ?, why_sealed = ?, changed_at_ms = ? WHERE tenant_id = ? AND id = ?",
        {wire::nameOf(known.state),
         wire::isOver(known.state) ? 1 : 0,
         static_cast<std::int64_t>(known.fetched),
         static_cast<std::int64_t>(known.pushed),
         numberOf(known.total),
         known.cached ? 1 : 0,
         known.code,
         std::move(why),
         toUnixMilliseconds(now),
         scope.tenant().text(),
         known.id.text()}));
    return {};
}

Result<std::vector<Upload>> Uploads::report(const TenantScope& scope,
                                            const wire::GatewayId& gateway,
                                            const std::vector<UploadReport>& reports,
                                            bool whole,
                                            WallTime now) {
    const auto rows = PCG_TRY(database_.query(
        std::string(kColumns) + "WHERE tenant_id = ? AND gateway_id = ? AND is_over = 0",
        {scope.tenant().text(), gateway.text()}));
    std::vector<Upload> changed;
    if (rows.empty()) return changed;
    return store::transact(database_, [&]() -> Result<std::vector<Upload>> {
        for (const auto& row : rows) {
            auto known = PCG_TRY(uploadOf(database_, scope, row));
            const auto said = std::find_if(reports.begin(), reports.end(), [&](const auto& one) {
                return one.id == known.id;
            });
            if (said == reports.end()) {
                const bool lost = whole && now - known.createdAt > kReportedWithin;
                if (!lost) continue;
                PCG_TRY(apply(scope, known, lostReport(known.id), now));
            } else {
                const bool same = known.state == said->state && known.fetched == said->fetched &&
                                  known.pushed == said->pushed && known.total == said->total;
                if (same) continue;
                PCG_TRY(apply(scope, known, *said, now));
            }
            changed.push_back(std::move(known));
        }
        return changed;
    });
}

Result<> Uploads::remove(const TenantScope& scope, const wire::UploadId& id) {
    PCG_TRY(database_.execute("DELETE FROM uploads WHERE tenant_id = ? AND id = ?",
                              {scope.tenant().text(), id.text()}));
    return {};
}

}  // namespace pcg::controlplane
