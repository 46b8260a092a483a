// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/deployments_api.h"

#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;
using deploy::Deployment;

constexpr std::string_view kList = "deployments";
constexpr ByteCount kMaxBody = 512_KiB;  // twenty SSH keys and the user data, escaped

// What a change would change.
json::Object storedPart(const Deployment& deployment) {
    auto spec = toJson(deployment.spec);
    if (!deployment.userDataSha256.empty()) spec.set("user_data_sha256", deployment.userDataSha256);
    return json::Object()
        .set("id", deployment.id.text())
        .set("name", deployment.spec.name)
        .set("deleting", deployment.deleting)
        .set("spec", std::move(spec));
}

json::Object describe(const deploy::Machine& machine) {
    json::Array addresses;
    for (const auto& address : machine.addresses) addresses.emplace_back(address);
    json::Object object;
    object.set("name", machine.name)
        .set("role", roleName(machine.role))
        .set("state", stateName(machine))
        .set("why", machine.why)
        .set("vm", machine.vm.empty() ? json::Value() : json::Value(machine.vm))
        .set("addresses", std::move(addresses))
        .set("changed_at", toRfc3339(machine.changedAt));
    return object;
}

json::Object describe(const Deployment& deployment) {
    const auto progress = progressOf(deployment);
    json::Array machines;
    for (const auto& machine : deployment.machines) machines.emplace_back(describe(machine));
    auto object = storedPart(deployment);
    object.set("state", stateName(deployment))
        .set("why", deployment.why)
        .set("progress",
             json::Object()
                 .set("done", json::Value::ofUnsigned(progress.done))
                 .set("total", json::Value::ofUnsigned(progress.total)))
        .set("machines", std::move(machines))
        .set("created_at", toRfc3339(deployment.createdAt));
    return object;
}

Reply replyWith(int status, const Deployment& deployment) {
    auto body = describe(deployment);
    const Etag etag(storedPart(deployment), body);
    return Reply{status, std::move(body), etag};
}

Checked<deploy::DeploymentId> idOf(const Call& call) {
    auto id = call.params().parse("id", deploy::parseDeploymentId);
    if (!id)
        return refuse(404,
                      deploy::kNoSuchDeployment.name(),
                      "There is no such deployment. GET /api/v1/deployments lists them.");
    return std::move(*id);
}

int statusOf(const Error& error) {
    if (error.is(deploy::kNoSuchDeployment) || error.is(deploy::kGone)) return 404;
    if (error.is(deploy::kDeploymentName) || error.is(deploy::kQuota) ||
        error.is(deploy::kBeingDeleted) || error.is(deploy::kNotDeleting) ||
        error.is(deploy::kNoAccessKey))
        return 409;
    const auto code = error.code().name();
    if (error.is(deploy::kRejected) || code.starts_with("vsphere.") || code.starts_with("maas."))
        return error.isInput() ? 422 : 503;
    return Refusal(error).status;
}

// Whoever made the sentence began it with the member that it is about.
std::string fieldOf(const std::string& sentence) {
    if (!sentence.starts_with('"')) return {};
    const auto end = sentence.find('"', 1);
    return end == std::string::npos ? std::string() : sentence.substr(1, end - 1);
}

template <class T>
Checked<T> checked(Result<T> result) {
    if (!result) return tl::unexpected<Refusal>(refusalOf(result.error()));
    return std::move(*result);
}

template <class T>
Checked<T> checked(deploy::Checked<T> result) {
    if (!result) return refuseField(result.error().field, result.error().why);
    return std::move(*result);
}

}  // namespace

Refusal refusalOf(const Error& error) {
    Refusal refusal(error);
    refusal.status = statusOf(error);
    if (error.is(deploy::kDeploymentName)) refusal.field = "name";
    if (error.is(deploy::kRejected)) refusal.field = fieldOf(error.message());
    return refusal;
}

void DeploymentsApi::addTo(ApiRoutes& routes) {
    routes.add({"GET", "/api/v1/deployments", Who::Auditor}, this, &DeploymentsApi::list);
    routes.add({"POST", "/api/v1/deployments", Who::Operator, false, kMaxBody},
               this,
               &DeploymentsApi::create);
    routes.add({"POST", "/api/v1/deployments/plan", Who::Operator, false, kMaxBody, false},
               this,
               &DeploymentsApi::plan);
    routes.add({"GET", "/api/v1/deployments/{id}", Who::Auditor}, this, &DeploymentsApi::get);
    routes.add(
        {"DELETE", "/api/v1/deployments/{id}", Who::Operator}, this, &DeploymentsApi::remove);
    routes.add(
        {"POST", "/api/v1/deployments/{id}/scale", Who::Operator}, this, &DeploymentsApi::scale);
    routes.add(
        {"POST", "/api/v1/deployments/{id}/retry", Who::Operator}, this, &DeploymentsApi::retry);
    // Machines that cost money may stay where nobody counts them any more.
    routes.add({"POST", "/api/v1/deployments/{id}/abandon", Who::Admin, true},
               this,
               &DeploymentsApi::abandon);
}

net::Task<Checked<Reply>> DeploymentsApi::list(Call& call) {
    PCG_CO_TRY(const auto query, call.page(kList, 1));
    auto after = query.after.empty() ? std::string() : query.after.front();
    auto work = [&seals = deploy_.seals(),
                 scope = call.scope(),
                 after = std::move(after),
                 limit = query.limit + 1](store::Database& database) {
        return deploy::Deployments(database, seals).list(scope, after, limit);
    };
    PCG_CO_TRY(const auto found, co_await services_.store.run(std::move(work)));
    json::Array items;
    std::optional<std::string> next;
    for (const auto& deployment : found) {
        if (items.size() == query.limit) {
            next = writeCursor(kList, {found[query.limit - 1].id.text()});
            break;
        }
        items.emplace_back(describe(deployment));
    }
    co_return Reply{200, pageBody(std::move(items), next), std::nullopt};
}

net::Task<Checked<Reply>> DeploymentsApi::get(Call& call) {
    PCG_CO_TRY(auto id, idOf(call));
    auto work = [&seals = deploy_.seals(), scope = call.scope(), id = std::move(id)](
                    store::Database& database) {
        return deploy::Deployments(database, seals).find(scope, id);
    };
    PCG_CO_TRY(const auto found, co_await services_.store.run(std::move(work)));
    if (!found)
        co_return refuse(404,
                         deploy::kNoSuchDeployment.name(),
                         "There is no such deployment. GET /api/v1/deployments lists them.");
    co_return replyWith(200, *found);
}

net::Task<Checked<>> DeploymentsApi::checkEndpoint(TenantScope scope, const deploy::Spec& spec) {
    auto work = [scope = std::move(scope), gateway = spec.gateway](store::Database& database) {
        return Gateways(database).endpoints(scope, gateway);
    };
    PCG_CO_TRY(const auto endpoints, co_await services_.store.run(std::move(work)));
    const auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& e) {
        return e.id == spec.endpoint;
    });
    if (found == endpoints.end())
        co_return refuseField("endpoint_id",
                              "\"endpoint_id\" is no endpoint of this gateway; GET "
                              "/api/v1/gateways/{id}/endpoints lists them.");
    if (found->kind == kindOf(spec.platform)) co_return Checked<>{};
    if (found->kind == "maas")
        co_return refuseField("template",
                              "\"template\" is for vCenter endpoints, and this one is a MAAS: give "
                              "an \"image\" instead.");
    if (found->kind == "vcenter")
        co_return refuseField("image",
                              "\"image\" is for MAAS endpoints, and this one is a vCenter: give a "
                              "\"template\" instead.");
    co_return refuseField("endpoint_id",
                          "\"endpoint_id\" is of the kind " + found->kind +
                              "; deployments go to vCenter and MAAS endpoints.");
}

net::Task<Checked<Reply>> DeploymentsApi::create(Call& call) {
    PCG_CO_TRY(auto order, checked(deploy::parseOrder(call.body().whole())));
    PCG_CO_CHECK(co_await checkEndpoint(call.scope(), order.spec));
    auto work = [&seals = deploy_.seals(),
                 &random = services_.random,
                 scope = call.scope(),
                 order = std::move(order),
                 now = services_.clock.wallNow()](store::Database& database) {
        return deploy::Deployments(database, seals).create(scope, order, random, now);
    };
    PCG_CO_TRY(const auto made, checked(co_await services_.store.run(std::move(work))));
    deploy_.orchestrator().nudge({call.scope(), made.id});
    co_return replyWith(201, made);
}

// Nothing is made: the names are looked up at the endpoint, and the machines are named.
net::Task<Checked<Reply>> DeploymentsApi::plan(Call& call) {
    PCG_CO_TRY(const auto order, checked(deploy::parseOrder(call.body().whole())));
    const auto& spec = order.spec;
    PCG_CO_CHECK(co_await checkEndpoint(call.scope(), spec));
    auto opened = co_await deploy_.clouds().open(call.scope(), spec.gateway, spec.endpoint);
    PCG_CO_TRY(const auto cloud, checked(std::move(opened)));
    auto found = co_await cloud->place(spec);
    PCG_CO_TRY(const auto placement, checked(std::move(found)));
    json::Array machines;
    const auto wished = deploy::added(
        spec.name, {}, spec.counts, originOf(spec), services_.random, services_.clock.wallNow());
    for (const auto& machine : wished)
        machines.emplace_back(
            json::Object().set("name", machine.name).set("role", roleName(machine.role)));
    json::Object body;
    body.set("spec", toJson(spec)).set("machines", std::move(machines));
    auto places = json::parseObject(placement);
    if (places) body.set("placement", std::move(*places));
    co_return Reply{200, std::move(body), std::nullopt};
}

net::Task<Checked<Reply>> DeploymentsApi::scale(Call& call) {
    PCG_CO_TRY(auto id, idOf(call));
    PCG_CO_TRY(const auto counts, checked(deploy::parseCounts(call.body().whole())));
    auto work = [&seals = deploy_.seals(),
                 &random = services_.random,
                 scope = call.scope(),
                 id,
                 counts,
                 now = services_.clock.wallNow()](store::Database& database) {
        return deploy::Deployments(database, seals).scale(scope, id, counts, random, now);
    };
    PCG_CO_TRY(const auto scaled, checked(co_await services_.store.run(std::move(work))));
    deploy_.orchestrator().nudge({call.scope(), id});
    co_return replyWith(202, scaled);
}

net::Task<Checked<Reply>> DeploymentsApi::retry(Call& call) {
    PCG_CO_TRY(auto id, idOf(call));
    auto work = [&seals = deploy_.seals(),
                 scope = call.scope(),
                 id,
                 now = services_.clock.wallNow()](store::Database& database) {
        return deploy::Deployments(database, seals).retry(scope, id, now);
    };
    PCG_CO_TRY(const auto retried, checked(co_await services_.store.run(std::move(work))));
    deploy_.orchestrator().nudge({call.scope(), id});
    co_return replyWith(202, retried);
}

net::Task<Checked<Deployment>> DeploymentsApi::take(Call& call, Step step) {
    PCG_CO_TRY(auto id, idOf(call));
    auto work =
        [&seals = deploy_.seals(), scope = call.scope(), id, condition = call.ifMatch(), step](
            store::Database& database) -> Checked<Deployment> {
        deploy::Deployments deployments(database, seals);
        const auto found = PCG_TRY(deployments.find(scope, id));
        if (found) PCG_TRY(condition.check(Etag(storedPart(*found))));
        return checked((deployments.*step)(scope, id));
    };
    PCG_CO_TRY(auto taken, co_await services_.store.run(std::move(work)));
    deploy_.orchestrator().nudge({call.scope(), id});
    co_return taken;
}

net::Task<Checked<Reply>> DeploymentsApi::remove(Call& call) {
    PCG_CO_TRY(const auto removed, co_await take(call, &deploy::Deployments::remove));
    co_return replyWith(202, removed);
}

net::Task<Checked<Reply>> DeploymentsApi::abandon(Call& call) {
    PCG_CO_CHECK(call.body().only({}));
    PCG_CO_TRY(const auto abandoned, co_await take(call, &deploy::Deployments::abandon));
    json::Array left;
    for (const auto& machine : leftBehind(abandoned)) {
        tellLeftBehind(call, abandoned, machine);
        json::Object one;
        one.set("name", machine.name)
            .set("vm", machine.vm.empty() ? json::Value() : machine.vm)
            .set("instance_uuid", machine.uuid);
        if (machine.vm.empty() && !machine.choice.empty()) one.set("chosen", machine.choice);
        left.emplace_back(std::move(one));
    }
    json::Object body;
    body.set("id", abandoned.id.text())
        .set("name", abandoned.spec.name)
        .set("gateway_id", abandoned.spec.gateway.text())
        .set("endpoint_id", abandoned.spec.endpoint.text())
        .set("left_behind", std::move(left));
    co_return Reply{200, std::move(body), std::nullopt};
}

void DeploymentsApi::tellLeftBehind(const Call& call,
                                    const Deployment& deployment,
                                    const deploy::Machine& machine) {
    const auto& who = call.who();
    AuditEvent event;
    event.at = services_.clock.wallNow();
    event.actor = {who.tokenId.empty() ? ActorKind::User : ActorKind::Token, who.username};
    event.action = "deployment.left_behind";
    event.target = {"deployment", deployment.id.text(), machine.name};
    const auto maybe = machine.choice.empty() ? "may exist" : "may be " + machine.choice;
    event.detail = (machine.vm.empty() ? maybe : machine.vm) + ", instance UUID " + machine.uuid +
                   ", at endpoint " + deployment.spec.endpoint.text() + " of gateway " +
                   deployment.spec.gateway.text();
    audit_.record(call.scope().tenant(), std::move(event));
}

}  // namespace pcg::controlplane::rest
