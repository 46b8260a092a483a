// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/tenant_care_api.h"

#include "controlplane-sim/rest/etag.h"
#include "controlplane-sim/rest/tenants_api.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane::rest {

void TenantCareApi::addTo(ApiRoutes& routes) {
    routes.add(
        {"DELETE", "/api/v1/tenants/{id}", Who::PlatformOperator}, this, &TenantCareApi::remove);
    routes.add({"POST", "/api/v1/tenants/{id}/rotate-key", Who::PlatformOperator},
               this,
               &TenantCareApi::rotateKey);
}

net::Task<Checked<Tenant>> TenantCareApi::find(http::RouteParams params) {
    const Error absent{kNotFound, "There is no such tenant. GET /api/v1/tenants lists them."};
    const auto id = params.parse("id", wire::parseTenantId);
    if (!id) co_return fail(absent);
    auto work = [id = *id](store::Database& database) { return Accounts(database).find(id); };
    PCG_CO_TRY(const auto tenant, co_await services_.store.run(std::move(work)));
    if (!tenant) co_return fail(absent);
    co_return *tenant;
}

net::Task<Checked<Reply>> TenantCareApi::remove(Call& call) {
    PCG_CO_TRY(const auto tenant, co_await find(call.params()));
    PCG_CO_CHECK(call.ifMatch().check(Etag(describe(tenant))));
    PCG_CO_CHECK(co_await care_.leave(tenant.id));
    co_return Reply{204, {}, std::nullopt};
}

net::Task<Checked<Reply>> TenantCareApi::rotateKey(Call& call) {
    PCG_CO_CHECK(call.body().only({}));
    PCG_CO_TRY(const auto tenant, co_await find(call.params()));
    PCG_CO_CHECK(co_await care_.rotateKey(tenant.id));
    Reply reply{202, {}, std::nullopt};
    reply.body.set("id", tenant.id.text());
    co_return reply;
}

}  // namespace pcg::controlplane::rest
