// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/metrics_api.h"

#include "common/base/text.h"
#include "controlplane-sim/observe/audit_witness.h"
#include "controlplane-sim/observe/timeline.h"
#include "controlplane-sim/rest/gateways_api.h"

#include <cmath>

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr std::string_view kTimeline = "timeline";
constexpr std::string_view kAuditHeads = "audit-heads";

struct Range {
    std::int64_t stepMinutes;
    std::size_t points;
};

constexpr Range kHour{1, 60};
constexpr Range kDay{5, 288};

json::Value inMs(const std::optional<double>& value) {
    if (!value) return nullptr;
    return std::round(*value * 100) / 100;
}

json::Object seriesOf(const Endpoint& endpoint, const std::vector<MetricsPoint>& points) {
    json::Array calls, errors, p50, p99, up, down;
    for (const auto& point : points) {
        calls.push_back(json::Value::ofUnsigned(point.calls));
        errors.push_back(json::Value::ofUnsigned(point.errors));
        p50.push_back(inMs(point.p50Ms));
        p99.push_back(inMs(point.p99Ms));
        up.push_back(json::Value::ofUnsigned(point.bytesUp));
        down.push_back(json::Value::ofUnsigned(point.bytesDown));
    }
    return json::Object()
        .set("endpoint_id", endpoint.id.text())
        .set("name", endpoint.name)
        .set("calls", std::move(calls))
        .set("errors", std::move(errors))
        .set("p50_ms", std::move(p50))
        .set("p99_ms", std::move(p99))
        .set("bytes_up", std::move(up))
        .set("bytes_down", std::move(down));
}

// Where a list of numbered rows goes on.
Checked<std::optional<std::int64_t>> numberBefore(const PageQuery& query) {
    if (query.after.empty()) return std::nullopt;
    const auto number = parseUnsigned(query.after.front());
    if (!number || *number > std::uint64_t{1} << 62)
        return refuseField("cursor", "This cursor is not one of this list.");
    return static_cast<std::int64_t>(*number);
}

// One row more than a page was asked for: it only says that there is another page.
template <class Row>
std::optional<std::string> cutToPage(std::vector<Row>& rows,
                                     std::size_t limit,
                                     std::string_view list) {
    if (rows.size() <= limit) return std::nullopt;
    rows.pop_back();
    return writeCursor(list, {std::to_string(rows.back().number)});
}

}  // namespace

void MetricsApi::addTo(ApiRoutes& routes) {
    routes.add(
        {"GET", "/api/v1/gateways/{id}/timeline", Who::Auditor}, this, &MetricsApi::timeline);
    routes.add({"GET", "/api/v1/gateways/{id}/metrics", Who::Auditor}, this, &MetricsApi::metrics);
    routes.add(
        {"GET", "/api/v1/gateways/{id}/audit-heads", Who::Auditor}, this, &MetricsApi::auditHeads);
}

net::Task<Checked<Reply>> MetricsApi::timeline(Call& call) {
    PCG_CO_TRY(const auto query, call.page(kTimeline, 1));
    PCG_CO_TRY(const auto gateway, co_await findGateway(services_, call.scope(), call.params()));
    PCG_CO_TRY(const auto before, numberBefore(query));
    auto work = [scope = call.scope(), id = gateway.id, before, limit = query.limit + 1](
                    store::Database& database) {
        return Timeline(database).list(scope, id, before, limit);
    };
    PCG_CO_TRY(auto entries, co_await services_.store.run(std::move(work)));
    const auto next = cutToPage(entries, query.limit, kTimeline);
    json::Array items;
    for (const auto& entry : entries) {
        items.push_back(json::Object()
                            .set("at", toRfc3339(entry.at))
                            .set("kind", entry.kind)
                            .set("severity", nameOf(entry.severity))
                            .set("text", entry.text)
                            .set("cause", entry.cause));
    }
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> MetricsApi::auditHeads(Call& call) {
    PCG_CO_TRY(const auto query, call.page(kAuditHeads, 1));
    PCG_CO_TRY(const auto gateway, co_await findGateway(services_, call.scope(), call.params()));
    PCG_CO_TRY(const auto before, numberBefore(query));
    auto work = [scope = call.scope(), id = gateway.id, before, limit = query.limit + 1](
                    store::Database& database) {
        return AuditWitness(database).list(scope, id, before, limit);
    };
    PCG_CO_TRY(auto heads, co_await services_.store.run(std::move(work)));
    const auto next = cutToPage(heads, query.limit, kAuditHeads);
    json::Array items;
    for (const auto& [head, at, number] : heads) {
        items.push_back(json::Object()
                            .set("kind", head.chain)
                            .set("place", json::Value::ofUnsigned(head.place))
                            .set("digest", head.digest)
                            .set("at", toRfc3339(at)));
    }
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> MetricsApi::metrics(Call& call) {
    PCG_CO_TRY(const auto name, call.queryText("range", 8));
    if (!name.empty() && name != "1h" && name != "24h")
        co_return refuseField("range", "\"range\" must be 1h or 24h.");
    const auto range = name == "24h" ? kDay : kHour;
    PCG_CO_TRY(const auto gateway, co_await findGateway(services_, call.scope(), call.params()));
    auto work = [scope = call.scope(), id = gateway.id](store::Database& database) {
        return Gateways(database).endpoints(scope, id);
    };
    PCG_CO_TRY(const auto endpoints, co_await services_.store.run(std::move(work)));
    const auto now = services_.clock.wallNow();
    const auto minute = toUnixMilliseconds(now) / 60'000;
    const auto first = (minute / range.stepMinutes - static_cast<std::int64_t>(range.points) + 1) *
                       range.stepMinutes;
    json::Array series;
    for (const auto& endpoint : endpoints) {
        series.push_back(
            seriesOf(endpoint, metrics_.series(endpoint.id, now, range.stepMinutes, range.points)));
    }
    Reply reply;
    reply.body.set("step_s", range.stepMinutes * 60)
        .set("from", toRfc3339(fromUnixMilliseconds(first * 60'000)))
        .set("series", std::move(series));
    co_return reply;
}

}  // namespace pcg::controlplane::rest
