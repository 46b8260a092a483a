// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/uploads_api.h"

#include "common/log/log.h"
#include "controlplane-sim/presence/messages.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr log::Logger kLog{"uploads"};
constexpr std::string_view kList = "uploads";
constexpr std::size_t kMaxUrl = 4096;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 44;

Error noSuchUpload() {
    return {kNotFound, "There is no such upload. GET /api/v1/uploads lists them."};
}

json::Object describe(const Upload& upload) {
    json::Object made;
    made.set("id", upload.id.text())
        .set("gateway_id", upload.gateway.text())
        .set("endpoint_id", upload.endpoint.text());
    if (const auto ordered = json::parseObject(upload.ordered)) {
        for (const auto& member : ordered->members()) made.set(member.name, member.value);
    }
    return made.set("state", wire::nameOf(upload.state))
        .set("fetched", json::Value::ofUnsigned(upload.fetched))
        .set("pushed", json::Value::ofUnsigned(upload.pushed))
        .set("total", upload.total ? json::Value::ofUnsigned(*upload.total) : json::Value())
        .set("cached", upload.cached)
        .set("code", upload.code)
        .set("why", upload.why)
        .set("created_at", toRfc3339(upload.createdAt))
        .set("changed_at", toRfc3339(upload.changedAt));
}

Reply replyWith(int status, const Upload& upload) {
    return Reply{status, describe(upload), std::nullopt};
}

// A refusal of the gateway in its own words: they say what the data center can do.
Refusal refusalOf(const GatewayAnswer& answer) {
    const auto text = [&](std::string_view name) {
        return answer.body.optionalString(name, 8 * 1024).value_or("").value_or("");
    };
    auto field = text("field");
    if (field == "endpoint") field = "endpoint_id";
    const auto code = text("code");
    if (answer.status == 400) return Refusal(400, "api.field", text("detail"), field);
    if (answer.status == 404 && code == "upload.no_such_upload") return noSuchUpload();
    if (answer.status >= 400 && answer.status < 500)
        return Refusal(answer.status == 401 ? 403 : answer.status, code, text("detail"), field);
    return Refusal(503, code.empty() ? "gateway.failed" : code, text("detail"));
}

// The query may be a signature, and what stands before an @ a password.
std::string shownSource(const std::string& source) {
    const auto end = source.find_first_of("?#");
    auto shown = source.substr(0, end);
    const auto begin = shown.find("://");
    const auto slash = begin == std::string::npos ? 0 : shown.find('/', begin + 3);
    const auto at = shown.rfind('@', slash);
    if (at != std::string::npos && begin != std::string::npos)
        shown.erase(begin + 3, at - begin - 2);
    return shown;
}

struct Wanted {
    wire::GatewayId gateway;
    wire::EndpointId endpoint;
    json::Object shown;    // what is kept
    json::Object request;  // what the gateway is asked; holds the key's secret
};

// The gateway reads target and source as strictly as it must; here only what is kept is looked at.
Checked<Wanted> wantedOf(const Fields& body) {
    PCG_TRY(body.only(
        {"gateway_id", "endpoint_id", "access_key", "source", "sha256", "max_bytes", "target"}));
    auto gateway = PCG_TRY(body.parsed("gateway_id", 64, wire::parseGatewayId));
    auto endpoint = PCG_TRY(body.parsed("endpoint_id", 64, wire::parseEndpointId));
    const auto key = PCG_TRY(body.object("access_key"));
    PCG_TRY(key.only({"id", "secret"}));
    const auto keyId = PCG_TRY(key.parsed("id", 64, wire::parseAccessKeyId));
    auto secret = PCG_TRY(key.string("secret", 256));
    const auto source = PCG_TRY(body.string("source", kMaxUrl));
    const auto sha256 = PCG_TRY(body.string("sha256", 64));
    const auto most = PCG_TRY(body.integer("max_bytes", 1, kMostBytes));
    const auto target = PCG_TRY(body.object("target"));
    json::Object shown;
    shown.set("access_key", keyId.text())
        .set("source", shownSource(source))
        .set("sha256", sha256)
        .set("max_bytes", most)
        .set("target", target.whole());
    json::Object request;
    request.set("endpoint", endpoint.text())
        .set("access_key", json::Object().set("id", keyId.text()).set("secret", secret))
        .set("source", source)
        .set("sha256", sha256)
        .set("max_bytes", most)
        .set("target", target.whole());
    wipe(secret);
    return Wanted{std::move(gateway), std::move(endpoint), std::move(shown), std::move(request)};
}

}  // namespace

void UploadsApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/uploads", Who::Auditor}, this, &UploadsApi::list);
    routes.add({"POST", "/api/v1/uploads", Who::Operator}, this, &UploadsApi::create);
    routes.add({"GET", "/api/v1/uploads/{id}", Who::Auditor}, this, &UploadsApi::get);
    routes.add({"POST", "/api/v1/uploads/{id}/cancel", Who::Operator}, this, &UploadsApi::cancel);
}

net::Task<Checked<Upload>> UploadsApi::find(TenantScope scope, wire::UploadId id) {
    auto work = [scope = std::move(scope), id = std::move(id)](store::Database& database) {
        return Uploads(database).find(scope, id);
    };
    PCG_CO_TRY(auto found, co_await services_.store.run(std::move(work)));
    if (!found) co_return fail(noSuchUpload());
    co_return std::move(*found);
}

net::Task<Checked<>> UploadsApi::checkEndpoint(TenantScope scope,
                                               wire::GatewayId gateway,
                                               wire::EndpointId endpoint) {
    auto work = [scope = std::move(scope), gateway](store::Database& database) {
        return Gateways(database).endpoints(scope, gateway);
    };
    PCG_CO_TRY(const auto endpoints, co_await services_.store.run(std::move(work)));
    const bool known = std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& one) {
        return one.id == endpoint && one.present;
    });
    if (known) co_return Checked<>{};
    co_return refuseField("endpoint_id",
                          "\"endpoint_id\" is no endpoint of this gateway; GET "
                          "/api/v1/gateways/{id}/endpoints lists them.");
}

net::Task<Checked<Reply>> UploadsApi::list(Call& call) {
    PCG_CO_TRY(const auto query, call.page(kList, 1));
    std::optional<std::string> before;
    if (!query.after.empty()) before = query.after.front();
    auto work = [scope = call.scope(), before, limit = query.limit + 1](store::Database& database) {
        return Uploads(database).list(scope, before, limit);
    };
    PCG_CO_TRY(const auto found, co_await services_.store.run(std::move(work)));
    json::Array items;
    std::optional<std::string> next;
    for (const auto& upload : found) {
        if (items.size() == query.limit) {
            next = writeCursor(kList, {found[query.limit - 1].id.text()});
            break;
        }
        items.emplace_back(describe(upload));
    }
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> UploadsApi::get(Call& call) {
    auto id = call.params().parse("id", wire::parseUploadId);
    if (!id) co_return fail(noSuchUpload());
    PCG_CO_TRY(const auto upload, co_await find(call.scope(), std::move(*id)));
    co_return replyWith(200, upload);
}

net::Task<void> UploadsApi::forget(TenantScope scope, wire::UploadId id) {
    auto work = [scope = std::move(scope), id = std::move(id)](store::Database& database) {
        return Uploads(database).remove(scope, id);
    };
    const auto removed = co_await services_.store.run(std::move(work));
    if (!removed) kLog.failure(log::Level::Warn, "uploads.not_forgotten", removed.error());
}

net::Task<Checked<Upload>> UploadsApi::settle(TenantScope scope,
                                              Upload upload,
                                              json::Object answer) {
    PCG_CO_TRY(auto report, parseUploadReport(answer));
    if (report.id != upload.id) {
        co_return refuse(503, "gateway.failed", "The gateway answers of another upload.");
    }
    auto work = [scope, gateway = upload.gateway, report, now = services_.clock.wallNow()](
                    store::Database& database) -> Result<std::optional<Upload>> {
        Uploads uploads(database);
        const std::vector<UploadReport> one{report};
        PCG_TRY(uploads.report(scope, gateway, one, false, now));
        return uploads.find(scope, report.id);
    };
    PCG_CO_TRY(auto found, co_await services_.store.run(std::move(work)));
    if (!found) co_return fail(noSuchUpload());
    watch_.tell(scope.tenant(), *found);
    co_return std::move(*found);
}

// The row is there before the gateway is asked: whatever becomes of the answer, the gateway's
// reports find it.
net::Task<Checked<Reply>> UploadsApi::create(Call& call) {
    PCG_CO_TRY(auto wanted, wantedOf(call.body()));
    const auto scope = call.scope();
    PCG_CO_CHECK(co_await checkEndpoint(scope, wanted.gateway, wanted.endpoint));
    const auto now = services_.clock.wallNow();
    Upload upload{.id = wire::newId<wire::UploadId>(services_.random),
                  .gateway = wanted.gateway,
                  .endpoint = wanted.endpoint,
                  .ordered = {},
                  .total = std::nullopt,
                  .code = {},
                  .why = {},
                  .createdAt = now,
                  .changedAt = now};
    wanted.shown.set("by", call.who().username);
    upload.ordered = json::write(wanted.shown);
    auto add = [scope, upload](store::Database& database) {
        return Uploads(database).add(scope, upload);
    };
    PCG_CO_CHECK(co_await services_.store.run(std::move(add)));
    wanted.request.set("id", upload.id.text());
    GatewayRequest request{
        "POST", "/v1/uploads", std::move(wanted.request), "user " + call.who().username};
    auto answer = co_await gateways_.ask(scope, wanted.gateway, std::move(request));
    if (!answer && answer.error().is(kGatewaySilent)) {
        // The reports will tell whether the gateway took it.
        co_return replyWith(202, upload);
    }
    if (!answer || answer->status >= 300) {
        co_await forget(scope, upload.id);
        if (!answer) co_return fail(answer.error());
        co_return tl::unexpected<Refusal>(refusalOf(*answer));
    }
    PCG_CO_TRY(const auto known,
               co_await settle(scope, std::move(upload), std::move(answer->body)));
    co_return replyWith(201, known);
}

net::Task<Checked<Reply>> UploadsApi::cancel(Call& call) {
    PCG_CO_CHECK(call.body().only({}));
    auto id = call.params().parse("id", wire::parseUploadId);
    if (!id) co_return fail(noSuchUpload());
    const auto scope = call.scope();
    PCG_CO_TRY(auto upload, co_await find(scope, *id));
    if (wire::isOver(upload.state)) co_return replyWith(200, upload);
    GatewayRequest request{
        "DELETE", "/v1/uploads/" + upload.id.text(), {}, "user " + call.who().username};
    auto answer = co_await gateways_.ask(scope, upload.gateway, std::move(request));
    if (!answer && answer.error().is(kGatewaySilent)) {
        co_return refuse(504, answer.error().code().name(), answer.error().message());
    }
    if (!answer) co_return fail(answer.error());
    if (answer->status >= 300) co_return tl::unexpected<Refusal>(refusalOf(*answer));
    PCG_CO_TRY(const auto known,
               co_await settle(scope, std::move(upload), std::move(answer->body)));
    co_return replyWith(200, known);
}

}  // namespace pcg::controlplane::rest
