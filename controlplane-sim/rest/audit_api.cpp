// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/audit_api.h"

#include "common/base/text.h"
#include "controlplane-sim/audit/audit_sums.h"
#include "controlplane-sim/audit/audit_text.h"
#include "controlplane-sim/rest/times.h"

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr std::string_view kList = "audit";
constexpr std::size_t kMaxText = 256;
constexpr std::size_t kMaxWords = 16;
constexpr std::size_t kExportPage = 500;
constexpr std::size_t kReportPage = 2000;
// One look at the audit goes on for so many pages when it finds little.
constexpr int kLooks = 10;
// More than a tenant's audit has: a report ends.
constexpr int kReportPages = 4000;
// So many pages of a long answer, and the caller's right to it is looked at again.
constexpr int kAskAgain = 20;

Checked<AuditFilter> filterOf(const Call& call) {
    AuditFilter filter;
    filter.from = PCG_TRY(queryTime(call, "from"));
    filter.to = PCG_TRY(queryTime(call, "to"));
    if (filter.from && filter.to && *filter.from > *filter.to)
        return refuseField("to", "\"to\" must not be before \"from\".");
    filter.actor = PCG_TRY(call.queryText("actor", kMaxText));
    filter.action = PCG_TRY(call.queryText("action", kMaxText));
    filter.target = PCG_TRY(call.queryText("target", kMaxText));
    filter.words = wordsOf(PCG_TRY(call.queryText("q", kMaxText)), kMaxWords);
    const auto outcome = PCG_TRY(call.queryText("outcome", kMaxText));
    if (outcome.empty()) return filter;
    filter.outcome = parseAuditOutcome(outcome);
    if (!filter.outcome) {
        return refuseField("outcome", "\"outcome\" must be success, refused, failed or unknown.");
    }
    return filter;
}

Checked<std::optional<std::uint64_t>> positionOf(const PageQuery& query) {
    if (query.after.empty()) return std::nullopt;
    const auto seq = parseUnsigned(query.after.front());
    if (!seq || *seq > std::uint64_t{1} << 62)
        return refuseField("cursor", "This cursor is not one of this list.");
    return seq;
}

}  // namespace

void AuditApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/audit", Who::Auditor}, this, &AuditApi::list);
    routes.addStream({"GET", "/api/v1/audit/export", Who::Auditor}, this, &AuditApi::exportAll);
    routes.add({"GET", "/api/v1/audit/report", Who::Auditor}, this, &AuditApi::report);
}

net::Task<Checked<AuditStore::Page>> AuditApi::page(TenantScope scope,
                                                    std::shared_ptr<const AuditFilter> filter,
                                                    std::optional<std::uint64_t> before,
                                                    std::size_t limit) {
    PCG_CO_TRY(const auto turn, co_await pages_.take(scope.tenant()));
    auto work = [scope, filter, before, limit](store::Database& database) {
        return AuditStore(database).page(scope, *filter, before, limit);
    };
    PCG_CO_TRY(auto found, co_await services_.store.run(std::move(work)));
    co_return std::move(found);
}

net::Task<Checked<Reply>> AuditApi::list(Call& call) {
    PCG_CO_TRY(const auto query, call.page(kList, 1));
    PCG_CO_TRY(auto before, positionOf(query));
    PCG_CO_TRY(auto filter, filterOf(call));
    auto shared = std::make_shared<const AuditFilter>(std::move(filter));
    json::Array items;
    for (int looks = 0; looks < kLooks && items.size() < query.limit; ++looks) {
        const auto wanted = query.limit - items.size();
        PCG_CO_TRY(const auto found, co_await page(call.scope(), shared, before, wanted));
        for (const auto& row : found.rows) items.push_back(auditJson(row));
        before = found.next;
        if (!before) break;
    }
    std::optional<std::string> next;
    if (before) next = writeCursor(kList, {std::to_string(*before)});
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<>> AuditApi::exportAll(Call& call) {
    PCG_CO_TRY(auto filter, filterOf(call));
    PCG_CO_TRY(const auto format, call.queryText("format", kMaxText));
    if (format != "csv" && format != "jsonl")
        co_return refuseField("format", "\"format\" must be csv or jsonl.");
    const bool isCsv = format == "csv";
    auto& exchange = call.exchange();
    http::ResponseHead head;
    head.headers.add("Content-Type", isCsv ? "text/csv; charset=utf-8" : "application/jsonl");
    head.headers.add("Content-Disposition", "attachment; filename=\"audit." + format + "\"");
    head.headers.add("Cache-Control", "no-store");
    head.body = http::BodyFraming::chunked();
    PCG_CO_CHECK(co_await exchange.respond(std::move(head)));
    const auto shared = std::make_shared<const AuditFilter>(std::move(filter));
    std::string text = isCsv ? auditCsvHead() : std::string();
    std::optional<std::uint64_t> before;
    for (int pages = 1;; ++pages) {
        PCG_CO_TRY(const auto found, co_await page(call.scope(), shared, before, kExportPage));
        for (const auto& row : found.rows)
            text += isCsv ? auditCsvLine(row) : json::write(auditJson(row)) + "\n";
        if (!text.empty()) {
            const auto octets = asBytes(text);
            PCG_CO_CHECK(co_await exchange.writeBody(octets));
        }
        text.clear();
        if (!found.next) break;
        before = found.next;
        if (pages % kAskAgain == 0) {
            PCG_CO_CHECK(co_await authenticator_.tenant(call.request()));
        }
    }
    PCG_CO_CHECK(co_await exchange.finish());
    co_return Checked<>{};
}

net::Task<Checked<Reply>> AuditApi::report(Call& call) {
    PCG_CO_TRY(auto filter, filterOf(call));
    PCG_CO_TRY(const auto turn, co_await reports_.take(call.scope().tenant()));
    const auto gone = std::make_shared<bool>(false);
    call.exchange().onClientGone([gone] { *gone = true; });
    const auto shared = std::make_shared<const AuditFilter>(std::move(filter));
    AuditSums sums;
    std::optional<std::uint64_t> before;
    for (int pages = 1;; ++pages) {
        PCG_CO_TRY(const auto found, co_await page(call.scope(), shared, before, kReportPage));
        for (const auto& row : found.rows) sums.add(row.event);
        if (!found.next || *gone) break;
        before = found.next;
        if (pages == kReportPages) {
            co_return refuseField("from", "This period is too long for one report: begin later.");
        }
        if (pages % kAskAgain == 0) {
            PCG_CO_CHECK(co_await authenticator_.tenant(call.request()));
        }
    }
    auto body = sums.json();
    if (shared->from) body.set("from", toRfc3339(*shared->from));
    if (shared->to) body.set("to", toRfc3339(*shared->to));
    co_return Reply{200, std::move(body), std::nullopt};
}

}  // namespace pcg::controlplane::rest
