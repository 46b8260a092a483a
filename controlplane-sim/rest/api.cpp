// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/api.h"

#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/codec/utf8.h"
#include "common/crypto/kdf.h"
#include "common/http/problem.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {
namespace {

namespace json = codec::json;

constexpr ByteCount kMaxBody = 16_KiB;
constexpr std::size_t kMaxNameBytes = 64;
// How long a gateway may renew on the tenant's word alone.
constexpr std::chrono::hours kRecovery{1};
constexpr ErrorCode kField{ErrorClass::Input, "api.field"};
constexpr ErrorCode kForbidden{ErrorClass::Input, "api.forbidden"};

int statusFor(const Error& error) {
    if (error.is(kUnauthenticated)) return 401;
    if (error.is(kForbidden)) return 403;
    if (error.is(kNotFound)) return 404;
    if (error.is(kNameTaken) || error.is(kGatewayBound)) return 409;
    return http::statusOf(error);
}

// What may stand in a name: it is shown on consoles and in host names' neighbourhood.
Result<std::string> parseName(const json::Object& body, std::string_view field) {
    auto text = PCG_TRY(body.string(field, kMaxNameBytes));
    const auto allowed = [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet >= 0x20 && octet != 0x7f;
    };
    if (trimAscii(text).empty() || !std::all_of(text.begin(), text.end(), allowed)) {
        return fail(
            kField,
            "\"" + std::string(field) +
                "\" must have 1 to 64 bytes of visible text: leave out control characters.");
    }
    return text;
}

// "scrypt$N$r$p$salt$hash", so that the cost can be raised later.
std::string hashPassword(std::string_view password, const ByteArray<16>& salt) {
    const crypto::ScryptCost cost;
    const auto hash = crypto::scrypt(asBytes(password), salt, cost, 32);
    return "scrypt$" + std::to_string(cost.n) + "$" + std::to_string(cost.r) + "$" +
           std::to_string(cost.p) + "$" + codec::base64UrlEncode(salt) + "$" +
           codec::base64UrlEncode(hash.reveal());
}

std::string randomToken(Random& random) { return codec::base64UrlEncode(random.array<32>()); }

std::string_view stateName(const Gateway& gateway, const LiveGateway& live) {
    if (gateway.state == GatewayState::Issued) return "pairing";
    return live.online ? "online" : "offline";
}

}  // namespace

void Api::addTo(http::Router& router) {
    router.add("POST", "/api/v1/tenants", asOperator(&Api::createTenant));
    router.add("GET", "/api/v1/tenants", asOperator(&Api::listTenants));
    router.add("GET", "/api/v1/me", asTenant(&Api::me));
    router.add("GET", "/api/v1/gateways", asTenant(&Api::listGateways));
    router.add("GET", "/api/v1/gateways/{id}", asTenant(&Api::getGateway));
    router.add("DELETE", "/api/v1/gateways/{id}", asTenant(&Api::deleteGateway));
    router.add("POST", "/api/v1/gateways/{id}/recovery", asTenant(&Api::recoverGateway));
    router.add("GET", "/api/v1/gateways/{id}/endpoints", asTenant(&Api::listEndpoints));
}

http::RouteHandler Api::asTenant(TenantMethod method) {
    return [this, method](http::Exchange& exchange, const Params& params) {
        return serveTenant(exchange, params, method);
    };
}

http::RouteHandler Api::asOperator(OperatorMethod method) {
    return [this, method](http::Exchange& exchange, const Params& params) {
        return serveOperator(exchange, params, method);
    };
}

net::Task<void> Api::serveTenant(http::Exchange& exchange,
                                 const Params& params,
                                 TenantMethod method) {
    auto who = co_await authenticator_.tenant(exchange.request());
    if (!who) {
        Result<Reply> refused = tl::unexpected(std::move(who).error());
        co_await answer(exchange, std::move(refused));
        co_return;
    }
    auto reply = co_await (this->*method)(exchange, params, *who);
    co_await answer(exchange, std::move(reply));
}

net::Task<void> Api::serveOperator(http::Exchange& exchange,
                                   const Params& params,
                                   OperatorMethod method) {
    const auto allowed = authenticator_.platformOperator(exchange.request());
    if (!allowed) {
        Result<Reply> refused = tl::unexpected(allowed.error());
        co_await answer(exchange, std::move(refused));
        co_return;
    }
    auto reply = co_await (this->*method)(exchange, params);
    co_await answer(exchange, std::move(reply));
}

net::Task<void> Api::answer(http::Exchange& exchange, Result<Reply> reply) {
    http::ResponseHead head;
    std::string body;
    if (reply) {
        head.status = reply->status;
        head.headers.add("Content-Type", "application/json");
        if (head.status != 204) body = json::write(reply->body);
    } else {
        http::Problem problem = http::problemOf(reply.error());
        problem.status = statusFor(reply.error());
        head.status = problem.status;
        head.headers.add("Content-Type", "application/problem+json");
        if (problem.status == 401) head.headers.add("WWW-Authenticate", "Bearer");
        body = http::problemBody(problem);
    }
    head.headers.add("Cache-Control", "no-store");
    // The client may be gone; there is nobody else to tell.
    [[maybe_unused]] const auto sent =
        co_await http::respondWhole(exchange, std::move(head), asBytes(body));
}

net::Task<Result<Api::Reply>> Api::createTenant(http::Exchange& exchange, const Params&) {
    PCG_CO_TRY(const auto body, co_await http::readWholeBody(exchange, kMaxBody));
    PCG_CO_TRY(const auto request, json::parseObject(asText(body), kMaxBody));
    PCG_CO_CHECK(request.onlyMembers({"name", "admin_username"}));
    PCG_CO_TRY(auto name, parseName(request, "name"));
    PCG_CO_TRY(auto username, parseName(request, "admin_username"));

    auto password = randomToken(parts_.random);
    auto token = "pcg_" + randomToken(parts_.random);
    const auto salt = parts_.random.array<16>();
    NewTenant tenant{
        wire::newId<wire::TenantId>(parts_.random), std::move(name), std::move(username), {}, {}};
    const auto digest = crypto::sha256(token);
    tenant.adminTokenSha256.assign(digest.begin(), digest.end());
    const auto now = parts_.clock.wallNow();
    auto work = [tenant, password, salt, now](store::Database& database) mutable {
        tenant.adminPasswordHash =
            hashPassword(password, salt);  // slow on purpose: not on the loop
        wipe(password);
        return Accounts(database).create(tenant, now);
    };
    PCG_CO_TRY(const auto created, co_await parts_.store.run(std::move(work)));
    PCG_CO_CHECK(co_await parts_.lifecycle.tenantCreated(created.id));

    Reply reply{201, {}};
    reply.body.set("tenant", json::Object().set("id", created.id.text()).set("name", created.name));
    reply.body.set("admin",
                   json::Object().set("username", tenant.adminUsername).set("password", password));
    reply.body.set("api_token", token);
    wipe(password);
    wipe(token);
    co_return reply;
}

net::Task<Result<Api::Reply>> Api::listTenants(http::Exchange&, const Params&) {
    auto work = [](store::Database& database) { return Accounts(database).list(); };
    PCG_CO_TRY(const auto tenants, co_await parts_.store.run(work));
    json::Array list;
    for (const auto& tenant : tenants) {
        list.push_back(json::Object()
                           .set("id", tenant.id.text())
                           .set("name", tenant.name)
                           .set("created_at", toRfc3339(tenant.createdAt)));
    }
    Reply reply;
    reply.body.set("tenants", std::move(list));
    co_return reply;
}

net::Task<Result<Api::Reply>> Api::me(http::Exchange&, const Params&, const Authenticated& who) {
    Reply reply;
    reply.body.set("tenant",
                   json::Object().set("id", who.scope.tenant().text()).set("name", who.tenantName));
    reply.body.set("username", who.username).set("role", roleName(who.role));
    co_return reply;
}

net::Task<Result<Api::Reply>> Api::listGateways(http::Exchange&,
                                                const Params&,
                                                const Authenticated& who) {
    auto work = [scope = who.scope](store::Database& database) {
        return Gateways(database).list(scope);
    };
    PCG_CO_TRY(const auto gateways, co_await parts_.store.run(std::move(work)));
    json::Array list;
    for (const auto& gateway : gateways) list.push_back(describe(gateway, who.scope));
    Reply reply;
    reply.body.set("gateways", std::move(list));
    co_return reply;
}

net::Task<Result<Gateway>> Api::findGateway(TenantScope scope, const Params& params) {
    auto id = params.parse("id", wire::parseGatewayId);
    if (!id)
        co_return fail(kNotFound, "There is no such gateway. GET /api/v1/gateways lists them.");
    auto work = [scope, id = *id](store::Database& database) {
        return Gateways(database).find(scope, id);
    };
    PCG_CO_TRY(auto gateway, co_await parts_.store.run(std::move(work)));
    if (!gateway)
        co_return fail(kNotFound, "There is no such gateway. GET /api/v1/gateways lists them.");
    co_return std::move(*gateway);
}

net::Task<Result<Api::Reply>> Api::getGateway(http::Exchange&,
                                              const Params& params,
                                              const Authenticated& who) {
    PCG_CO_TRY(const auto gateway, co_await findGateway(who.scope, params));
    co_return Reply{200, describe(gateway, who.scope)};
}

net::Task<Result<Api::Reply>> Api::deleteGateway(http::Exchange&,
                                                 const Params& params,
                                                 const Authenticated& who) {
    if (who.role != UserRole::Admin) {
        co_return fail(kForbidden,
                       "Releasing a gateway takes the role admin; this token has the role " +
                           std::string(roleName(who.role)) + ".");
    }
    PCG_CO_TRY(const auto gateway, co_await findGateway(who.scope, params));
    const auto now = parts_.clock.wallNow();
    auto work = [scope = who.scope, id = gateway.id, now](store::Database& database) {
        return Gateways(database).release(scope, id, now);
    };
    PCG_CO_CHECK(co_await parts_.store.run(std::move(work)));
    PCG_CO_CHECK(co_await parts_.lifecycle.gatewayReleased(who.scope, gateway.id));
    co_return Reply{204, {}};
}

net::Task<Result<Api::Reply>> Api::recoverGateway(http::Exchange&,
                                                  const Params& params,
                                                  const Authenticated& who) {
    if (who.role != UserRole::Admin) {
        co_return fail(kForbidden,
                       "Vouching for a gateway takes the role admin; this token has the role " +
                           std::string(roleName(who.role)) + ".");
    }
    PCG_CO_TRY(const auto gateway, co_await findGateway(who.scope, params));
    const auto until = parts_.clock.wallNow() + kRecovery;
    auto work = [scope = who.scope, id = gateway.id, until](store::Database& database) {
        return Gateways(database).allowRecovery(scope, id, until);
    };
    PCG_CO_CHECK(co_await parts_.store.run(std::move(work)));
    Reply reply;
    reply.body.set("until", toRfc3339(until));
    co_return reply;
}

net::Task<Result<Api::Reply>> Api::listEndpoints(http::Exchange&,
                                                 const Params& params,
                                                 const Authenticated& who) {
    PCG_CO_TRY(const auto gateway, co_await findGateway(who.scope, params));
    auto work = [scope = who.scope, id = gateway.id](store::Database& database) {
        return Gateways(database).endpoints(scope, id);
    };
    PCG_CO_TRY(const auto endpoints, co_await parts_.store.run(std::move(work)));
    json::Array list;
    for (const auto& endpoint : endpoints) list.push_back(describe(endpoint));
    Reply reply;
    reply.body.set("endpoints", std::move(list));
    co_return reply;
}

json::Object Api::describe(const Gateway& gateway, const TenantScope& scope) const {
    const auto live = parts_.live.live(scope, gateway.id);
    json::Object link;
    json::Array warnings(live.warnings.begin(), live.warnings.end());
    link.set("why", live.why);
    if (live.roundTrip) link.set("rtt_ms", static_cast<double>(live.roundTrip->count()) / 1000.0);
    if (live.sinceLastHeartbeat)
        link.set("last_heartbeat_ms_ago", live.sinceLastHeartbeat->count());
    return json::Object()
        .set("id", gateway.id.text())
        .set("name", gateway.name)
        .set("state", stateName(gateway, live))
        .set("version", live.version)
        .set("epoch", gateway.epoch)
        .set("bound_at", toRfc3339(gateway.boundAt))
        .set("why", gateway.quarantine.empty() ? live.why : gateway.quarantine)
        .set("warnings", std::move(warnings))
        .set("link", std::move(link));
}

json::Object Api::describe(const Endpoint& endpoint) const {
    json::Object object;
    object.set("id", endpoint.id.text())
        .set("name", endpoint.name)
        .set("kind", endpoint.kind)
        .set("state", endpoint.state)
        .set("why", endpoint.why)
        .set("ingress_host", endpoint.id.text().substr(3) + ".ingress." + parts_.publicHost);
    if (endpoint.ingressPort) {
        object.set("ingress_url",
                   "https://" + parts_.ingressHost + ":" + std::to_string(*endpoint.ingressPort));
    }
    return object;
}

}  // namespace pcg::controlplane
