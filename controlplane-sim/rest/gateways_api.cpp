// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/gateways_api.h"

#include "common/crypto/digest.h"
#include "common/log/log.h"
#include "controlplane-sim/rest/gateway_layers.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane::rest {
namespace {

constexpr log::Logger kLog{"api"};

namespace json = codec::json;

constexpr std::string_view kList = "gateways";
constexpr std::size_t kMaxSearch = 256;
// Read at once when the live state decides which of them are shown.
constexpr std::size_t kScan = 1000;
// How long a gateway may renew on the tenant's word alone.
constexpr std::chrono::hours kRecovery{1};

Error noSuchGateway() {
    return {kNotFound, "There is no such gateway. GET /api/v1/gateways lists them."};
}

tl::unexpected<Refusal> notYours() {
    return refuse(403,
                  "tenancy.system_gateway",
                  "This gateway is run by the platform: you use it, and the platform's operator "
                  "offers and withdraws it. Ask them.");
}

std::string_view stateName(GatewayState state, const LiveGateway& live) {
    if (state == GatewayState::Issued) return "pairing";
    return live.online ? "online" : "offline";
}

std::string startOf(const PageQuery& query) {
    return query.after.empty() ? std::string() : query.after.front();
}

// What a change would change; the live part comes and goes.
json::Object storedPart(const Gateway& gateway) {
    return json::Object()
        .set("id", gateway.id.text())
        .set("name", gateway.name)
        .set("epoch", gateway.epoch)
        .set("bound_at", toRfc3339(gateway.boundAt));
}

Etag storedTag(const Gateway& gateway) { return Etag(storedPart(gateway)); }

}  // namespace

net::Task<Checked<Gateway>> findGateway(Services services,
                                        TenantScope scope,
                                        http::RouteParams params) {
    const auto id = params.parse("id", wire::parseGatewayId);
    if (!id) co_return fail(noSuchGateway());
    auto work = [scope, id = *id](store::Database& database) {
        return Gateways(database).find(scope, id);
    };
    PCG_CO_TRY(auto gateway, co_await services.store.run(std::move(work)));
    if (!gateway) co_return fail(noSuchGateway());
    co_return std::move(*gateway);
}

void GatewaysApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/gateways", Who::Auditor}, this, &GatewaysApi::list);
    routes.add({"GET", "/api/v1/gateways/{id}", Who::Auditor}, this, &GatewaysApi::get);
    routes.add({"PATCH", "/api/v1/gateways/{id}", Who::Admin}, this, &GatewaysApi::rename);
    routes.add({"DELETE", "/api/v1/gateways/{id}", Who::Admin}, this, &GatewaysApi::release);
    // Whoever may do it lets a machine without a valid certificate in.
    routes.add(
        {"POST", "/api/v1/gateways/{id}/recovery", Who::Admin, true}, this, &GatewaysApi::recover);
}

Checked<GatewaysApi::Filter> GatewaysApi::filterOf(const Call& call) {
    Filter filter;
    filter.text = PCG_TRY(call.queryText("q", kMaxSearch));
    filter.state = PCG_TRY(call.queryText("state", kMaxSearch));
    const auto& state = filter.state;
    if (!state.empty() && state != "pairing" && state != "online" && state != "offline")
        return refuseField("state", "\"state\" must be pairing, online or offline.");
    filter.kind = PCG_TRY(call.queryText("kind", kMaxSearch));
    if (!filter.kind.empty() && filter.kind != "paired" && filter.kind != "system")
        return refuseField("kind", "\"kind\" must be paired or system.");
    return filter;
}

net::Task<Checked<GatewaysApi::Page>> GatewaysApi::collect(TenantScope scope,
                                                           Filter filter,
                                                           PageQuery query) {
    if (!filter.state.empty() || !filter.kind.empty())
        co_return co_await collectLive(std::move(scope), std::move(filter), std::move(query));
    auto work = [scope, text = filter.text, after = startOf(query), limit = query.limit + 1](
                    store::Database& database) {
        return Gateways(database).list(scope, text, after, limit);
    };
    Page page;
    PCG_CO_TRY(page.gateways, co_await services_.store.run(std::move(work)));
    if (page.gateways.size() > query.limit) {
        page.gateways.pop_back();
        page.next = writeCursor(kList, {page.gateways.back().name});
    }
    co_return page;
}

// Neither the live state nor the kind is asked of the database: names are read until enough of them
// are in that state.
net::Task<Checked<GatewaysApi::Page>> GatewaysApi::collectLive(TenantScope scope,
                                                               Filter filter,
                                                               PageQuery query) {
    std::vector<GatewayName> chosen;
    auto after = startOf(query);
    for (bool more = true; more && chosen.size() <= query.limit;) {
        auto work = [scope, text = filter.text, after](store::Database& database) {
            return Gateways(database).names(scope, text, after, kScan);
        };
        PCG_CO_TRY(auto names, co_await services_.store.run(std::move(work)));
        more = names.size() == kScan;
        if (more) after = names.back().name;
        for (auto& name : names) {
            if (chosen.size() > query.limit) break;
            if (!filter.kind.empty() && nameOf(name.kind) != filter.kind) continue;
            const auto live = live_.live(scope, name.id);
            if (filter.state.empty() || stateName(name.state, live) == filter.state)
                chosen.push_back(std::move(name));
        }
    }
    Page page;
    if (chosen.size() > query.limit) {
        chosen.pop_back();
        page.next = writeCursor(kList, {chosen.back().name});
    }
    auto work = [scope, chosen = std::move(chosen)](
                    store::Database& database) -> Result<std::vector<Gateway>> {
        std::vector<Gateway> found;
        for (const auto& name : chosen) {
            auto gateway = PCG_TRY(Gateways(database).find(scope, name.id));
            if (gateway) found.push_back(std::move(*gateway));
        }
        return found;
    };
    PCG_CO_TRY(page.gateways, co_await services_.store.run(std::move(work)));
    co_return page;
}

net::Task<Checked<Reply>> GatewaysApi::list(Call& call) {
    PCG_CO_TRY(auto query, call.page(kList, 1));
    PCG_CO_TRY(auto filter, filterOf(call));
    PCG_CO_TRY(const auto page,
               co_await collect(call.scope(), std::move(filter), std::move(query)));
    json::Array items;
    for (const auto& gateway : page.gateways) items.push_back(describe(gateway, call.scope()));
    co_return Reply{200, pageBody(std::move(items), page.next), std::nullopt};
}

net::Task<Checked<Reply>> GatewaysApi::get(Call& call) {
    PCG_CO_TRY(auto gateway, co_await findGateway(services_, call.scope(), call.params()));
    co_return co_await replyWith(std::move(gateway), call.scope());
}

net::Task<Checked<Reply>> GatewaysApi::rename(Call& call) {
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"name"}));
    PCG_CO_TRY(auto name, body.name("name"));
    const auto id = call.params().parse("id", wire::parseGatewayId);
    if (!id) co_return fail(noSuchGateway());
    auto work = [scope = call.scope(), id = *id, name, condition = call.ifMatch()](
                    store::Database& database) -> Checked<Gateway> {
        Gateways gateways(database);
        const auto found = PCG_TRY(gateways.find(scope, id));
        if (!found) return tl::unexpected<Refusal>(noSuchGateway());
        PCG_TRY(condition.check(storedTag(*found)));
        PCG_TRY(gateways.rename(scope, id, name));
        auto renamed = *found;
        renamed.name = name;
        return renamed;
    };
    auto renamed = co_await services_.store.run(std::move(work));
    if (!renamed && renamed.error().code == kNameTaken.name()) renamed.error().field = "name";
    if (!renamed) co_return tl::unexpected<Refusal>(std::move(renamed).error());
    co_return co_await replyWith(std::move(*renamed), call.scope());
}

net::Task<Checked<Reply>> GatewaysApi::release(Call& call) {
    const auto id = call.params().parse("id", wire::parseGatewayId);
    if (!id) co_return fail(noSuchGateway());
    const auto now = services_.clock.wallNow();
    auto work = [scope = call.scope(), id = *id, now, condition = call.ifMatch()](
                    store::Database& database) -> Checked<> {
        Gateways gateways(database);
        const auto found = PCG_TRY(gateways.find(scope, id));
        if (!found) return tl::unexpected<Refusal>(noSuchGateway());
        if (found->kind == GatewayKind::System) return notYours();
        PCG_TRY(condition.check(storedTag(*found)));
        PCG_TRY(gateways.release(scope, id, now));
        return {};
    };
    PCG_CO_CHECK(co_await services_.store.run(std::move(work)));
    // Released is released: the broker is told of the revoked key until it has taken it.
    const auto told = co_await lifecycle_.gatewayReleased(call.scope(), *id);
    if (!told) {
        kLog.failure(log::Level::Warn,
                     "gateway.release_not_announced",
                     told.error(),
                     {{"gateway_id", id->text()}});
    }
    co_return Reply{204, {}, std::nullopt};
}

net::Task<Checked<Reply>> GatewaysApi::recover(Call& call) {
    PCG_CO_CHECK(call.body().only({}));
    PCG_CO_TRY(const auto gateway, co_await findGateway(services_, call.scope(), call.params()));
    if (gateway.kind == GatewayKind::System) co_return notYours();
    const auto until = services_.clock.wallNow() + kRecovery;
    auto work = [scope = call.scope(), id = gateway.id, until](store::Database& database) {
        return Gateways(database).allowRecovery(scope, id, until);
    };
    PCG_CO_CHECK(co_await services_.store.run(std::move(work)));
    co_return Reply{200, json::Object().set("until", toRfc3339(until)), std::nullopt};
}

net::Task<Checked<Reply>> GatewaysApi::replyWith(Gateway gateway, TenantScope scope) {
    auto work = [scope, id = gateway.id](store::Database& database) {
        return Gateways(database).endpoints(scope, id);
    };
    PCG_CO_TRY(const auto endpoints, co_await services_.store.run(std::move(work)));
    const auto live = live_.live(scope, gateway.id);
    auto body = describe(gateway, scope);
    body.set("layers", layersOf(gateway, live, endpoints))
        .set("device_spki_sha256", toHex(crypto::sha256(BytesView(gateway.deviceSpki))))
        .set("sealing", sealingOf(gateway, live))
        .set("remote",
             json::Object().set("endpoints", live.remote.endpoints).set("keys", live.remote.keys));
    const Etag etag(storedPart(gateway), body);
    co_return Reply{200, std::move(body), etag};
}

json::Object GatewaysApi::describe(const Gateway& gateway, const TenantScope& scope) const {
    const auto live = live_.live(scope, gateway.id);
    json::Array warnings(live.warnings.begin(), live.warnings.end());
    return json::Object()
        .set("id", gateway.id.text())
        .set("name", gateway.name)
        .set("state", stateName(gateway.state, live))
        .set("kind", nameOf(gateway.kind))
        .set("version", live.version)
        .set("epoch", gateway.epoch)
        .set("bound_at", toRfc3339(gateway.boundAt))
        .set("why", gateway.quarantine.empty() ? live.why : gateway.quarantine)
        .set("warnings", std::move(warnings))
        .set("link", linkOf(live));
}

}  // namespace pcg::controlplane::rest
