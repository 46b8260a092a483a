// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/endpoints_api.h"

#include "controlplane-sim/presence/messages.h"
#include "controlplane-sim/rest/endpoint_requests.h"
#include "controlplane-sim/rest/gateways_api.h"
#include "controlplane-sim/tenancy/errc.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr ByteCount kMaxBody = 64_KiB;  // a chain of CA certificates and a box
constexpr std::string_view kKeyList = "keys";

Error noSuchEndpoint() {
    return {kNotFound,
            "There is no such endpoint. GET /api/v1/gateways/{id}/endpoints lists them."};
}

json::Value certificateJson(const std::optional<LiveCertificate>& certificate) {
    if (!certificate) return nullptr;
    return json::Object()
        .set("sha256", certificate->sha256)
        .set("subject", certificate->subject)
        .set("issuer", certificate->issuer)
        .set("not_before", certificate->notBefore)
        .set("not_after", certificate->notAfter);
}

// A refusal of the gateway, as its own words: they say what the data center can do.
Refusal refusalOf(const GatewayAnswer& answer) {
    const auto text = [&](std::string_view name) {
        return answer.body.optionalString(name, 8 * 1024).value_or("").value_or("");
    };
    const auto code = text("code");
    const auto detail = text("detail");
    if (answer.status == 400 && code == "gateway.bad_field") {
        return Refusal(400, "api.field", detail, text("field"));
    }
    if (answer.status == 404) return noSuchEndpoint();
    if (answer.status >= 400 && answer.status < 500) {
        return Refusal(answer.status, code, detail, text("field"));
    }
    return Refusal(503,
                   code.empty() ? "gateway.failed" : code,
                   detail.empty() ? "The gateway could not do it now. Try again." : detail);
}

// The whole members of an access key; the gateway may send more one day.
json::Object keyJson(const json::Object& from) {
    json::Object key;
    for (const auto* name : {"id", "label", "role", "created_at", "expires_at", "last_used_at"}) {
        const auto* value = from.find(name);
        key.set(name, value == nullptr ? json::Value() : *value);
    }
    return key;
}

// What a change would change; states come and go.
json::Object storedPart(const Endpoint& endpoint, const std::optional<LiveEndpoint>& live) {
    return json::Object()
        .set("id", endpoint.id.text())
        .set("name", endpoint.name)
        .set("kind", endpoint.kind)
        .set("target", live ? live->target : std::string());
}

std::string target(const wire::EndpointId& endpoint, std::string_view behind = {}) {
    return "/v1/endpoints/" + endpoint.text() + std::string(behind);
}

}  // namespace

void EndpointsApi::addTo(ApiRoutes& routes) {
    static constexpr auto kAll = "/api/v1/gateways/{id}/endpoints";
    static constexpr auto kOne = "/api/v1/gateways/{id}/endpoints/{endpoint_id}";
    static constexpr auto kCheck = "/api/v1/gateways/{id}/endpoints/{endpoint_id}/check";
    static constexpr auto kApprove = "/api/v1/gateways/{id}/endpoints/{endpoint_id}/certificate";
    static constexpr auto kKeys = "/api/v1/gateways/{id}/endpoints/{endpoint_id}/keys";
    static constexpr auto kKey = "/api/v1/gateways/{id}/endpoints/{endpoint_id}/keys/{key_id}";
    routes.add({"GET", kAll, Who::Auditor}, this, &EndpointsApi::list);
    routes.add({"POST", kAll, Who::Admin, true, kMaxBody}, this, &EndpointsApi::create);
    routes.add({"GET", kOne, Who::Auditor}, this, &EndpointsApi::get);
    routes.add({"PATCH", kOne, Who::Admin, true, kMaxBody}, this, &EndpointsApi::update);
    routes.add({"DELETE", kOne, Who::Admin}, this, &EndpointsApi::remove);
    routes.add({"POST", kCheck, Who::Operator}, this, &EndpointsApi::check);
    routes.add({"POST", kApprove, Who::Admin, true}, this, &EndpointsApi::approve);
    routes.add({"GET", kKeys, Who::Auditor}, this, &EndpointsApi::listKeys);
    routes.add({"POST", kKeys, Who::Admin, true}, this, &EndpointsApi::createKey);
    routes.add({"DELETE", kKey, Who::Admin}, this, &EndpointsApi::revokeKey);
}

net::Task<Checked<std::vector<Endpoint>>> EndpointsApi::stored(TenantScope scope,
                                                               wire::GatewayId gateway) {
    auto work = [scope, gateway](store::Database& database) {
        return Gateways(database).endpoints(scope, gateway);
    };
    PCG_CO_TRY(auto endpoints, co_await services_.store.run(std::move(work)));
    std::erase_if(endpoints, [](const Endpoint& endpoint) { return !endpoint.present; });
    co_return endpoints;
}

// 404 with the same words for a foreign and an absent one.
net::Task<Checked<Endpoint>> EndpointsApi::find(TenantScope scope, http::RouteParams params) {
    PCG_CO_TRY(const auto gateway, co_await findGateway(services_, scope, params));
    const auto id = params.parse("endpoint_id", wire::parseEndpointId);
    if (!id) co_return fail(noSuchEndpoint());
    PCG_CO_TRY(auto endpoints, co_await stored(scope, gateway.id));
    for (auto& endpoint : endpoints) {
        if (endpoint.id == *id) co_return std::move(endpoint);
    }
    co_return fail(noSuchEndpoint());
}

net::Task<Checked<GatewayAnswer>> EndpointsApi::ask(const Call& call,
                                                    wire::GatewayId gateway,
                                                    std::string method,
                                                    std::string path,
                                                    json::Object body) {
    GatewayRequest request{
        std::move(method), std::move(path), std::move(body), "user " + call.who().username};
    auto answer = co_await gateways_.ask(call.scope(), std::move(gateway), std::move(request));
    if (!answer && answer.error().is(kGatewaySilent)) {
        co_return refuse(504, answer.error().code().name(), answer.error().message());
    }
    if (!answer) co_return fail(answer.error());
    if (answer->status >= 300) co_return tl::unexpected<Refusal>(refusalOf(*answer));
    co_return std::move(*answer);
}

net::Task<Checked<Reply>> EndpointsApi::list(Call& call) {
    PCG_CO_TRY(const auto gateway, co_await findGateway(services_, call.scope(), call.params()));
    PCG_CO_TRY(const auto endpoints, co_await stored(call.scope(), gateway.id));
    json::Array items;
    for (const auto& endpoint : endpoints) {
        items.push_back(describe(endpoint, live_.endpoint(call.scope(), gateway.id, endpoint.id)));
    }
    co_return Reply{200, pageBody(std::move(items), std::nullopt), std::nullopt};
}

net::Task<Checked<Reply>> EndpointsApi::get(Call& call) {
    PCG_CO_TRY(const auto endpoint, co_await find(call.scope(), call.params()));
    const auto live = live_.endpoint(call.scope(), endpoint.gateway, endpoint.id);
    co_return replyWith(200, endpoint, live);
}

net::Task<Checked<Reply>> EndpointsApi::create(Call& call) {
    PCG_CO_TRY(const auto gateway, co_await findGateway(services_, call.scope(), call.params()));
    PCG_CO_TRY(auto body, newEndpointBody(call.body()));
    PCG_CO_TRY(const auto answer,
               co_await ask(call, gateway.id, "POST", "/v1/endpoints", std::move(body)));
    PCG_CO_TRY(const auto report, parseEndpointReport(answer.body));
    // Its ingress opens when the registry has it.
    co_await gateways_.untilReported(call.scope(), gateway.id, report.stored.id, true);
    PCG_CO_TRY(const auto endpoints, co_await stored(call.scope(), gateway.id));
    Endpoint made{gateway.tenant,
                  gateway.id,
                  report.stored.id,
                  report.stored.name,
                  report.stored.kind,
                  report.stored.state,
                  report.stored.why,
                  std::nullopt,
                  true};
    for (const auto& endpoint : endpoints) {
        if (endpoint.id == made.id) made.ingressPort = endpoint.ingressPort;
    }
    co_return replyWith(201, made, report.live);
}

net::Task<Checked<Reply>> EndpointsApi::askOne(Call& call,
                                               std::string method,
                                               std::string behind,
                                               json::Object body) {
    PCG_CO_TRY(auto endpoint, co_await find(call.scope(), call.params()));
    const auto live = live_.endpoint(call.scope(), endpoint.gateway, endpoint.id);
    PCG_CO_CHECK(call.ifMatch().check(storedTag(endpoint, live)));
    auto path = target(endpoint.id, behind);
    PCG_CO_TRY(
        const auto answer,
        co_await ask(call, endpoint.gateway, std::move(method), std::move(path), std::move(body)));
    PCG_CO_TRY(auto report, parseEndpointReport(answer.body));
    endpoint.name = std::move(report.stored.name);
    endpoint.state = std::move(report.stored.state);
    endpoint.why = std::move(report.stored.why);
    co_return replyWith(200, endpoint, report.live);
}

net::Task<Checked<Reply>> EndpointsApi::update(Call& call) {
    PCG_CO_TRY(auto body, endpointChangeBody(call.body()));
    co_return co_await askOne(call, "PATCH", "", std::move(body));
}

net::Task<Checked<Reply>> EndpointsApi::check(Call& call) {
    PCG_CO_CHECK(call.body().only({}));
    json::Object none;
    co_return co_await askOne(call, "POST", "/check", std::move(none));
}

net::Task<Checked<Reply>> EndpointsApi::approve(Call& call) {
    PCG_CO_TRY(auto body, approvalBody(call.body()));
    co_return co_await askOne(call, "POST", "/certificate", std::move(body));
}

net::Task<Checked<Reply>> EndpointsApi::remove(Call& call) {
    PCG_CO_TRY(const auto endpoint, co_await find(call.scope(), call.params()));
    const auto live = live_.endpoint(call.scope(), endpoint.gateway, endpoint.id);
    PCG_CO_CHECK(call.ifMatch().check(storedTag(endpoint, live)));
    auto path = target(endpoint.id);
    json::Object none;
    PCG_CO_CHECK(co_await ask(call, endpoint.gateway, "DELETE", std::move(path), std::move(none)));
    co_await gateways_.untilReported(call.scope(), endpoint.gateway, endpoint.id, false);
    co_return Reply{204, {}, std::nullopt};
}

net::Task<Checked<Reply>> EndpointsApi::listKeys(Call& call) {
    PCG_CO_TRY(const auto endpoint, co_await find(call.scope(), call.params()));
    PCG_CO_TRY(const auto query, call.page(kKeyList, 1));
    auto path = target(endpoint.id, "/keys");
    json::Object none;
    PCG_CO_TRY(const auto answer,
               co_await ask(call, endpoint.gateway, "GET", std::move(path), std::move(none)));
    PCG_CO_TRY(const auto* keys, answer.body.array("items", 1000));
    std::vector<std::pair<std::string, json::Object>> sorted;
    for (const auto& key : *keys) {
        if (key.asObject() == nullptr) continue;
        auto id = key.asObject()->string("id", 64);
        if (id) sorted.emplace_back(std::move(*id), keyJson(*key.asObject()));
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
    });
    json::Array items;
    std::optional<std::string> next;
    std::string last;
    for (auto& [id, key] : sorted) {
        if (!query.after.empty() && id <= query.after.front()) continue;
        if (items.size() == query.limit) {
            next = writeCursor(kKeyList, {last});
            break;
        }
        last = id;
        items.emplace_back(std::move(key));
    }
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> EndpointsApi::createKey(Call& call) {
    PCG_CO_TRY(auto body, newKeyBody(call.body()));
    PCG_CO_TRY(const auto endpoint, co_await find(call.scope(), call.params()));
    auto path = target(endpoint.id, "/keys");
    PCG_CO_TRY(auto answer,
               co_await ask(call, endpoint.gateway, "POST", std::move(path), std::move(body)));
    auto made = keyJson(answer.body);
    for (const auto* name : {"username", "password"}) {
        PCG_CO_TRY(auto text, answer.body.string(name, 1024));
        made.set(name, text);
        wipe(text);
    }
    // Of a MAAS: the three parts in one, as its clients take them.
    PCG_CO_TRY(auto apiKey, answer.body.optionalString("api_key", 1024));
    if (apiKey) {
        made.set("api_key", *apiKey);
        wipe(*apiKey);
    }
    co_return Reply{201, std::move(made), std::nullopt};
}

net::Task<Checked<Reply>> EndpointsApi::revokeKey(Call& call) {
    PCG_CO_TRY(const auto endpoint, co_await find(call.scope(), call.params()));
    const auto key = call.params().parse("key_id", wire::parseAccessKeyId);
    if (!key) co_return fail(kNotFound, "The endpoint has no such access key.");
    auto path = target(endpoint.id, "/keys/" + key->text());
    json::Object none;
    PCG_CO_CHECK(co_await ask(call, endpoint.gateway, "DELETE", std::move(path), std::move(none)));
    co_return Reply{204, {}, std::nullopt};
}

Etag EndpointsApi::storedTag(const Endpoint& endpoint, const std::optional<LiveEndpoint>& live) {
    return Etag(storedPart(endpoint, live));
}

Reply EndpointsApi::replyWith(int status,
                              const Endpoint& endpoint,
                              const std::optional<LiveEndpoint>& live) const {
    auto body = describe(endpoint, live);
    const Etag etag(storedPart(endpoint, live), body);
    return {status, std::move(body), etag};
}

json::Object EndpointsApi::describe(const Endpoint& endpoint,
                                    const std::optional<LiveEndpoint>& live) const {
    const auto text = [](const std::string& value) {
        return value.empty() ? json::Value() : json::Value(value);
    };
    json::Object object;
    object.set("id", endpoint.id.text())
        .set("name", endpoint.name)
        .set("kind", endpoint.kind)
        .set("state", endpoint.state)
        .set("why", endpoint.why)
        .set("ingress_host", endpoint.id.text().substr(3) + ".ingress." + names_.publicHost)
        .set("ingress_url",
             endpoint.ingressPort ? json::Value("https://" + names_.ingressHost + ":" +
                                                std::to_string(*endpoint.ingressPort))
                                  : json::Value())
        .set("target", live ? text(live->target) : json::Value())
        .set("certificate", live ? certificateJson(live->certificate) : json::Value())
        .set("presented_certificate", live ? certificateJson(live->presented) : json::Value())
        .set("checked_at", live ? text(live->checkedAt) : json::Value());
    return object;
}

}  // namespace pcg::controlplane::rest
