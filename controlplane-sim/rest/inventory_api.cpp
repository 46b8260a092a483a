// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/inventory_api.h"

#include "controlplane-sim/deploy/text.h"
#include "controlplane-sim/rest/deployments_api.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr std::string_view kList = "inventory";
constexpr auto kKeyPath = "/api/v1/gateways/{id}/endpoints/{endpoint_id}/orchestrator-key";

Refusal noSuchEndpoint() {
    return Refusal(404,
                   kNotFound.name(),
                   "There is no such endpoint. GET /api/v1/gateways/{id}/endpoints lists them.");
}

json::Object describe(const inventory::Item& item) {
    json::Object object;
    object.set("id", item.id)
        .set("name", item.name)
        .set("path", item.path)
        .set("parent", item.parent.empty() ? json::Value() : json::Value(item.parent));
    for (const auto& fact : item.facts.members()) object.set(fact.name, fact.value);
    return object;
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
    return all;
}

}  // namespace

void InventoryApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/gateways/{id}/endpoints/{endpoint_id}/inventory", Who::Auditor},
               this,
               &InventoryApi::list);
    routes.add({"GET", kKeyPath, Who::Auditor}, this, &InventoryApi::getKey);
    routes.add({"PUT", kKeyPath, Who::Admin}, this, &InventoryApi::putKey);
    routes.add({"DELETE", kKeyPath, Who::Admin}, this, &InventoryApi::deleteKey);
}

net::Task<Checked<InventoryApi::Place>> InventoryApi::placeOf(Call& call) {
    const auto gateway = call.params().parse("id", wire::parseGatewayId);
    const auto endpoint = call.params().parse("endpoint_id", wire::parseEndpointId);
    if (!gateway || !endpoint) co_return tl::unexpected<Refusal>(noSuchEndpoint());
    auto work = [scope = call.scope(), id = *gateway](store::Database& database) {
        return Gateways(database).endpoints(scope, id);
    };
    PCG_CO_TRY(const auto endpoints, co_await services_.store.run(std::move(work)));
    const auto known = std::find_if(
        endpoints.begin(), endpoints.end(), [&](const Endpoint& e) { return e.id == *endpoint; });
    if (known == endpoints.end()) co_return tl::unexpected<Refusal>(noSuchEndpoint());
    co_return Place{*gateway, *endpoint, known->kind};
}

net::Task<Checked<Reply>> InventoryApi::list(Call& call) {
    PCG_CO_TRY(const auto place, co_await placeOf(call));
    PCG_CO_TRY(auto query, call.page(kList, 3));
    PCG_CO_TRY(auto kind, call.queryText("kind", 32));
    const auto kinds = inventoryKindsOf(place.kind);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        co_return refuseField("kind",
                              "\"kind\" must be one of those of a " + place.kind +
                                  " endpoint: " + joined(kinds) + ".");
    if (!query.after.empty() && query.after.front() != kind)
        co_return refuseField("cursor", "This cursor is one of another kind's list.");
    inventory::Browser::Question question{
        {place.gateway, place.endpoint, deploy::Minting::Never}, kind, {}, query.limit};
    // Making an access key is a change at the gateway: nothing for those who only read.
    if (call.who().role != UserRole::Auditor) question.place.minting = deploy::Minting::Allowed;
    if (!query.after.empty()) question.after = query.after[1] + "\n" + query.after[2];
    auto page = co_await deploy_.browser().page(call.scope(), std::move(question));
    if (!page) co_return tl::unexpected<Refusal>(refusalOf(page.error()));
    json::Array items;
    for (const auto& item : page->items) items.emplace_back(describe(item));
    std::optional<std::string> next;
    if (!page->next.empty()) {
        const auto& last = page->items.back();
        next = writeCursor(kList, {kind, last.path, last.id});
    }
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> InventoryApi::getKey(Call& call) {
    PCG_CO_TRY(const auto place, co_await placeOf(call));
    auto work = [&seals = deploy_.seals(), scope = call.scope(), id = place.endpoint](
                    store::Database& database) -> Result<std::optional<std::string>> {
        const auto key = PCG_TRY(deploy::OrchestratorKeys(database, seals).find(scope, id));
        if (!key) return std::nullopt;
        return key->username;
    };
    PCG_CO_TRY(const auto username, co_await services_.store.run(std::move(work)));
    json::Object body;
    body.set("username", username ? json::Value(*username) : json::Value());
    const Etag etag(body);
    co_return Reply{200, std::move(body), etag};
}

net::Task<Checked<Reply>> InventoryApi::putKey(Call& call) {
    PCG_CO_TRY(const auto place, co_await placeOf(call));
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"username", "password"}));
    PCG_CO_TRY(auto username, body.string("username", 256));
    PCG_CO_TRY(auto text, body.string("password", 1024));
    auto password = Secret::takeText(text);
    if (username.empty() || !deploy::isPlainText(username))
        co_return refuseField("username",
                              "\"username\" must be the access key's, as the gateway printed it.");
    if (password.empty())
        co_return refuseField("password", "\"password\" is empty; give the access key's.");
    json::Object answer;
    answer.set("username", username);
    auto work = [&seals = deploy_.seals(),
                 scope = call.scope(),
                 id = place.endpoint,
                 username = std::move(username),
                 password = std::move(password)](store::Database& database) {
        return deploy::OrchestratorKeys(database, seals).put(scope, id, username, password);
    };
    PCG_CO_CHECK(co_await services_.store.run(std::move(work)));
    deploy_.forget(place.endpoint);
    const Etag etag(answer);
    co_return Reply{200, std::move(answer), etag};
}

net::Task<Checked<Reply>> InventoryApi::deleteKey(Call& call) {
    PCG_CO_TRY(const auto place, co_await placeOf(call));
    auto work = [&seals = deploy_.seals(), scope = call.scope(), id = place.endpoint](
                    store::Database& database) {
        return deploy::OrchestratorKeys(database, seals).remove(scope, id);
    };
    PCG_CO_CHECK(co_await services_.store.run(std::move(work)));
    deploy_.forget(place.endpoint);
    co_return Reply{204, {}, std::nullopt};
}

}  // namespace pcg::controlplane::rest
