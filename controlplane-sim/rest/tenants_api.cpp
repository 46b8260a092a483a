// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/tenants_api.h"

#include "common/codec/name_rule.h"
#include "common/crypto/digest.h"
#include "common/log/log.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane::rest {
namespace {

constexpr log::Logger kLog{"api"};

namespace json = codec::json;

constexpr std::string_view kList = "tenants";

Error noSuchTenant() {
    return {kNotFound, "There is no such tenant. GET /api/v1/tenants lists them."};
}

}  // namespace

json::Object describe(const Tenant& tenant) {
    return json::Object()
        .set("id", tenant.id.text())
        .set("name", tenant.name)
        .set("created_at", toRfc3339(tenant.createdAt));
}

void TenantsApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/tenants", Who::PlatformOperator}, this, &TenantsApi::list);
    routes.add({"POST", "/api/v1/tenants", Who::PlatformOperator}, this, &TenantsApi::create);
    routes.add({"GET", "/api/v1/tenants/{id}", Who::PlatformOperator}, this, &TenantsApi::get);
}

net::Task<Checked<Reply>> TenantsApi::create(Call& call) {
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"name", "admin_username"}));
    PCG_CO_TRY(auto name, body.name("name"));
    PCG_CO_TRY(auto username, body.parsed("admin_username", 1024, codec::parseLoginName));

    auto password = randomSecret(services_.random);
    auto token = "pcg_" + randomSecret(services_.random);
    const auto digest = crypto::sha256(token);
    NewTenant tenant{wire::newId<wire::TenantId>(services_.random),
                     std::move(name),
                     std::move(username),
                     {},
                     toBytes(digest)};
    auto typed = Secret::fromText(password);
    PCG_CO_TRY(tenant.adminPasswordHash, co_await passwords_.hash(std::move(typed)));
    const auto now = services_.clock.wallNow();
    auto work = [tenant, now](store::Database& database) {
        return Accounts(database).create(tenant, now);
    };
    PCG_CO_TRY(const auto created, co_await services_.store.run(std::move(work)));
    // The tenant is durable, and nobody sees its password again: whatever the broker cannot be told
    // now it is told when it is back (and at the latest before a gateway is paired).
    const auto told = co_await lifecycle_.tenantCreated(created.id);
    if (!told) {
        kLog.failure(log::Level::Warn,
                     "tenant.not_announced",
                     told.error(),
                     {{"tenant_id", created.id.text()}});
    }

    Reply reply{201, {}, std::nullopt};
    reply.body.set("tenant", describe(created));
    reply.body.set("admin",
                   json::Object().set("username", tenant.adminUsername).set("password", password));
    reply.body.set("api_token", token);
    wipe(password);
    wipe(token);
    co_return reply;
}

net::Task<Checked<Reply>> TenantsApi::list(Call& call) {
    PCG_CO_TRY(const auto page, call.page(kList, 1));
    const auto after = page.after.empty() ? std::string() : page.after.front();
    auto work = [after, limit = page.limit + 1](store::Database& database) {
        return Accounts(database).list(after, limit);
    };
    PCG_CO_TRY(auto tenants, co_await services_.store.run(std::move(work)));
    std::optional<std::string> next;
    if (tenants.size() > page.limit) {
        tenants.pop_back();
        next = writeCursor(kList, {tenants.back().name});
    }
    json::Array items;
    for (const auto& tenant : tenants) items.push_back(describe(tenant));
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> TenantsApi::get(Call& call) {
    const auto id = call.params().parse("id", wire::parseTenantId);
    if (!id) co_return fail(noSuchTenant());
    auto work = [id = *id](store::Database& database) { return Accounts(database).find(id); };
    PCG_CO_TRY(const auto tenant, co_await services_.store.run(std::move(work)));
    if (!tenant) co_return fail(noSuchTenant());
    auto body = describe(*tenant);
    const Etag etag(body);
    co_return Reply{200, std::move(body), etag};
}

}  // namespace pcg::controlplane::rest
