// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/minted_access.h"

#include "common/log/log.h"
#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/deploy/spec.h"
#include "controlplane-sim/deploy/text.h"

namespace pcg::controlplane::deploy {
namespace {

namespace json = codec::json;

constexpr log::Logger kLog{"orchestrator"};
constexpr auto kActor = "orchestrator";
constexpr std::size_t kMostKeys = 1000;

constexpr auto kWhatToDo =
    "Its admin can allow it on the gateway with: pcgctl remote allow keys; or make a key there "
    "with "
    "the role deploy, to be given with PUT "
    "/api/v1/gateways/{id}/endpoints/{endpoint_id}/orchestrator-key. Then retry.";

constexpr auto kNotForReaders =
    "The orchestrator has no access key for this endpoint yet, and the role auditor has none made. "
    "Ask an operator or admin of your tenant to open the inventory or to plan a deployment here "
    "once.";

// A refusal of the gateway, in the words that the state machine decides by.
Error refused(const GatewayAnswer& answer) {
    if (answer.status == 403)
        return {kNoAccessKey,
                std::string("The orchestrator has no access key for this endpoint, and the data "
                            "center does not let it make one. ") +
                    kWhatToDo};
    if (answer.status == 404)
        return {kGone, "The endpoint is not there: its gateway does not have it any more."};
    if (answer.status >= 500)
        return {kWeather, "The gateway could not make an access key now; it will be tried again."};
    return {kNoAccessKey,
            std::string("The orchestrator has no access key for this endpoint, and its gateway "
                        "makes none. ") +
                kWhatToDo};
}

Error nonsense() { return {kWeather, "The gateway's answer about an access key makes no sense."}; }

}  // namespace

net::Task<Result<Access>> MintedAccess::access(TenantScope scope,
                                               wire::GatewayId gateway,
                                               wire::EndpointId endpoint,
                                               Minting minting) {
    auto given = co_await parts_.given.access(scope, gateway, endpoint, Minting::Never);
    if (given || !given.error().is(kNoAccessKey)) co_return given;
    if (minting == Minting::Never) co_return fail(kNoAccessKey, kNotForReaders);
    Place place{scope, gateway, endpoint};
    PCG_CO_CHECK(co_await mintOnce(std::move(place)));
    co_return co_await parts_.given.access(
        std::move(scope), std::move(gateway), endpoint, Minting::Never);
}

// Whoever comes while a key is being made waits for it.
net::Task<Result<>> MintedAccess::mintOnce(Place place) {
    const auto endpoint = place.endpoint;
    const auto known = minting_.find(endpoint);
    if (known != minting_.end()) {
        const auto other = known->second;
        co_await other->over.async_wait(net::kAwaitTuple);
        co_return other->outcome;
    }
    const auto mine = std::make_shared<Attempt>(parts_.loop.get_executor());
    minting_.emplace(endpoint, mine);
    mine->outcome = co_await mint(std::move(place));
    minting_.erase(endpoint);
    mine->over.cancel();
    co_return mine->outcome;
}

net::Task<Result<>> MintedAccess::mint(Place place) {
    PCG_CO_TRY(const auto label, co_await labelOf(place));
    PCG_CO_CHECK(co_await revokeLost(place, label));
    json::Object body;
    body.set("role", "deploy").set("label", label);
    PCG_CO_TRY(const auto answer, co_await ask(place, "POST", "", std::move(body)));
    if (answer.status != 201) co_return fail(refused(answer));
    const auto username = answer.body.string("username", 256);
    auto text = answer.body.string("password", 1024);
    if (!username || !text || username->empty() || !isPlainText(*username))
        co_return fail(nonsense());
    auto password = Secret::takeText(*text);
    PCG_CO_TRY(const auto kept, co_await keep(place, *username, std::move(password)));
    if (!kept) co_return co_await revoke(place, *username);
    tell(place, *username);
    co_return Result<>{};
}

net::Task<Result<std::string>> MintedAccess::labelOf(Place place) {
    auto fresh = "orchestrator " + newUuid(parts_.random).substr(0, 8);
    auto work = [scope = place.scope,
                 name = "orchestrator.label " + place.endpoint.text(),
                 fresh = std::move(fresh)](store::Database& database) -> Result<std::string> {
        TenantSecrets kept(database, scope);
        const auto known = PCG_TRY(kept.get(name));
        if (known) return std::string(known->revealText());
        PCG_TRY(kept.put(name, Secret::fromText(fresh)));
        return fresh;
    };
    co_return co_await parts_.store.run(std::move(work));
}

// Nobody has the password of a key that was made and not kept.
net::Task<Result<>> MintedAccess::revokeLost(Place place, std::string label) {
    json::Object none;
    PCG_CO_TRY(const auto answer, co_await ask(place, "GET", "", std::move(none)));
    if (answer.status != 200) co_return fail(refused(answer));
    const auto keys = answer.body.array("items", kMostKeys);
    if (!keys) co_return fail(nonsense());
    for (const auto& key : **keys) {
        const auto* object = key.asObject();
        if (object == nullptr) co_return fail(nonsense());
        const auto its = object->optionalString("label", 256);
        if (!its || its->value_or("") != label) continue;
        const auto id = object->string("id", 64);
        if (!id) co_return fail(nonsense());
        PCG_CO_CHECK(co_await revoke(place, *id));
    }
    co_return Result<>{};
}

net::Task<Result<>> MintedAccess::revoke(Place place, std::string key) {
    // It becomes a part of a path: only what is an id may.
    const auto id = wire::parseAccessKeyId(key);
    if (!id) co_return fail(nonsense());
    json::Object none;
    auto behind = "/" + id->text();
    PCG_CO_TRY(const auto answer,
               co_await ask(place, "DELETE", std::move(behind), std::move(none)));
    if (answer.status == 404 || answer.status < 300) co_return Result<>{};
    co_return fail(refused(answer));
}

// False when somebody has given one meanwhile, which counts.
net::Task<Result<bool>> MintedAccess::keep(Place place, std::string username, Secret password) {
    auto work = [&seals = parts_.seals,
                 place = std::move(place),
                 username = std::move(username),
                 password = std::move(password)](store::Database& database) -> Result<bool> {
        OrchestratorKeys keys(database, seals);
        const auto known = PCG_TRY(keys.find(place.scope, place.endpoint));
        if (known) return false;
        PCG_TRY(keys.put(place.scope, place.endpoint, username, password));
        return true;
    };
    co_return co_await parts_.store.run(std::move(work));
}

net::Task<Result<GatewayAnswer>> MintedAccess::ask(Place place,
                                                   std::string method,
                                                   std::string behind,
                                                   json::Object body) {
    GatewayRequest request{std::move(method),
                           "/v1/endpoints/" + place.endpoint.text() + "/keys" + behind,
                           std::move(body),
                           kActor};
    co_return co_await parts_.gateways.ask(
        std::move(place.scope), std::move(place.gateway), std::move(request));
}

void MintedAccess::tell(const Place& place, const std::string& key) {
    kLog.info("access_key.made", {{"endpoint", place.endpoint.text()}, {"key", key}});
    AuditEvent event;
    event.at = parts_.clock.wallNow();
    event.actor = {ActorKind::Orchestrator, kActor};
    event.action = "key.add";
    event.target = {"endpoint", place.endpoint.text(), {}};
    event.detail = key + ", role deploy";
    parts_.audit.record(place.scope.tenant(), std::move(event));
}

}  // namespace pcg::controlplane::deploy
