// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/system_gateways_api.h"

#include "controlplane-sim/tenancy/errc.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr auto kOne = "/api/v1/tenants/{id}/system-gateway";
constexpr std::string_view kList = "system-gateways";

Error noSuchTenant() {
    return {kNotFound, "There is no such tenant. GET /api/v1/tenants lists them."};
}

json::Object describe(const SystemGatewayView& view) {
    json::Object body;
    body.set("tenant_id", view.tenant.text())
        .set("state", view.state)
        .set("why", view.why)
        .set("gateway_id", view.gateway ? json::Value(view.gateway->text()) : json::Value())
        .set("pid", view.pid ? json::Value(*view.pid) : json::Value())
        .set("restarts", view.restarts)
        .set("offered_at", toRfc3339(view.offeredAt));
    return body;
}

}  // namespace

void SystemGatewaysApi::addTo(ApiRoutes& routes) {
    constexpr auto kWho = Who::PlatformOperator;
    routes.add({"GET", "/api/v1/system-gateways", kWho}, this, &SystemGatewaysApi::list);
    routes.add({"GET", kOne, kWho}, this, &SystemGatewaysApi::get);
    routes.add({"PUT", kOne, kWho}, this, &SystemGatewaysApi::offer);
    routes.add({"DELETE", kOne, kWho}, this, &SystemGatewaysApi::withdraw);
}

// As many as the platform runs, which are few: cut into pages here, by the tenant's id.
net::Task<Checked<Reply>> SystemGatewaysApi::list(Call& call) {
    PCG_CO_TRY(const auto page, call.page(kList, 1));
    PCG_CO_TRY(auto views, co_await care_.list());
    const auto byTenant = [](const SystemGatewayView& a, const SystemGatewayView& b) {
        return a.tenant.text() < b.tenant.text();
    };
    std::sort(views.begin(), views.end(), byTenant);
    const auto after = page.after.empty() ? std::string() : page.after.front();
    json::Array items;
    std::optional<std::string> next;
    std::string last;
    for (const auto& view : views) {
        if (view.tenant.text() <= after) continue;
        if (items.size() == page.limit) {
            next = writeCursor(kList, {last});
            break;
        }
        last = view.tenant.text();
        items.push_back(describe(view));
    }
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> SystemGatewaysApi::get(Call& call) {
    const auto id = call.params().parse("id", wire::parseTenantId);
    if (!id) co_return fail(noSuchTenant());
    PCG_CO_TRY(const auto view, co_await care_.find(*id));
    if (!view) co_return fail(kNotFound, "This tenant has no system gateway.");
    co_return Reply{200, describe(*view), std::nullopt};
}

net::Task<Checked<Reply>> SystemGatewaysApi::offer(Call& call) {
    PCG_CO_CHECK(call.body().only({}));
    const auto id = call.params().parse("id", wire::parseTenantId);
    if (!id) co_return fail(noSuchTenant());
    const auto offered = co_await care_.offer(*id);
    // Nothing is wrong with the request: the platform is not set up for it.
    if (!offered && offered.error().is(kSystemOff))
        co_return refuse(409, kSystemOff.name(), offered.error().message());
    if (!offered) co_return fail(offered.error());
    co_return Reply{offered->isNew ? 201 : 200, describe(offered->view), std::nullopt};
}

net::Task<Checked<Reply>> SystemGatewaysApi::withdraw(Call& call) {
    const auto id = call.params().parse("id", wire::parseTenantId);
    if (!id) co_return fail(noSuchTenant());
    PCG_CO_CHECK(co_await care_.withdraw(*id));
    co_return Reply{204, {}, std::nullopt};
}

}  // namespace pcg::controlplane::rest
