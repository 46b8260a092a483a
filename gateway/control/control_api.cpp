// SPDX-License-Identifier: Apache-2.0
#include "gateway/control/control_api.h"

#include "common/http/problem.h"
#include "common/wire/endpoint_form.h"
#include "gateway/control/control_answer.h"
#include "gateway/control/control_json.h"
#include "gateway/enrollment/errc.h"
#include "gateway/errc.h"
#include "gateway/remote/remote_commands.h"
#include "gateway/state/access_keys.h"
#include "gateway/upload/upload_api.h"

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr std::string_view kUnpairWord = "unpair";
constexpr std::int64_t kMaxKeySeconds = 10LL * 366 * 24 * 3600;

// {"remote": {"endpoints": ..., "keys": ...}}, or no body: the configuration decides.
net::Task<Result<std::optional<RemoteAccess>>> readRights(http::Exchange& exchange) {
    PCG_CO_TRY(auto bytes, co_await http::readWholeBody(exchange, kMaxControlBody));
    if (bytes.empty()) co_return std::nullopt;
    PCG_CO_TRY(const auto body, json::parseObject(asText(bytes)));
    PCG_CO_CHECK(body.onlyMembers({"remote"}));
    PCG_CO_TRY(const auto* rights, body.optionalObject("remote"));
    if (rights == nullptr) co_return std::nullopt;
    PCG_CO_TRY(const auto access, parseRemoteAccess(*rights, RemoteAccess{}));
    co_return access;
}

// An empty change of exactly the endpoint that stands at the address in the body.
Result<EndpointChange> changeFor(const json::Object& body, const Result<EndpointView>& view) {
    const auto named = PCG_TRY(asField(body.string("address", 1024)));
    const auto address = wire::EndpointAddress::parse(named);
    if (!address) return fail(errc::kBadField, "address: " + address.error().message());
    if (!view) return fail(view.error());
    if (view->record.url != address->url()) {
        return fail(errc::kChangedMeanwhile,
                    view->record.name + " is at " + view->record.url + ", not at " +
                        address->url() + "; nothing was changed.");
    }
    EndpointChange change;
    change.checkedAgainst = EndpointIdentity::of(view->record);
    return change;
}

net::Task<void> answerEndpoint(http::Exchange& exchange, int status, Result<EndpointView> view) {
    if (!view) {
        co_await refuse(exchange, view.error());
        co_return;
    }
    auto body = toJson(*view);
    co_await answer(exchange, status, std::move(body));
}

}  // namespace

ControlApi::ControlApi(ControlPorts ports)
    : ports_(std::move(ports)),
      audit_(ports_.state),
      policy_({ports_.policy, ports_.endpoints, ports_.state, ports_.clock, ports_.machines}) {
    const auto to = [this](net::Task<void> (ControlApi::*method)(http::Exchange&, const Params&)) {
        return [this, method](http::Exchange& exchange, const Params& params) {
            return (this->*method)(exchange, params);
        };
    };
    router_.add("GET", "/v1/status", to(&ControlApi::status))
        .add("POST", "/v1/controlplane/check", to(&ControlApi::checkControlplane))
        .add("GET", "/v1/pairing", to(&ControlApi::showPairing))
        .add("POST", "/v1/pairing/accept", to(&ControlApi::acceptPairing))
        .add("POST", "/v1/pairing/reject", to(&ControlApi::rejectPairing))
        .add("POST", "/v1/unpair", to(&ControlApi::unpair))
        .add("GET", "/v1/endpoints", to(&ControlApi::listEndpoints))
        .add("POST", "/v1/endpoints", to(&ControlApi::addEndpoint))
        .add("POST", "/v1/endpoints/{name}/check", to(&ControlApi::checkEndpoint))
        .add("PATCH", "/v1/endpoints/{name}", to(&ControlApi::changeEndpoint))
        .add("POST", "/v1/endpoints/{name}/certificate", to(&ControlApi::approveCertificate))
        .add("PUT", "/v1/endpoints/{name}/credentials", to(&ControlApi::setCredentials))
        .add("DELETE", "/v1/endpoints/{name}", to(&ControlApi::removeEndpoint))
        .add("GET", "/v1/keys", to(&ControlApi::listKeys))
        .add("POST", "/v1/keys", to(&ControlApi::createKey))
        .add("DELETE", "/v1/keys/{id}", to(&ControlApi::revokeKey))
        .add("GET", "/v1/remote", to(&ControlApi::showRemote))
        .add("PUT", "/v1/remote", to(&ControlApi::setRemote));
    audit_.addTo(router_);
    policy_.addTo(router_);
    ports_.uploads.addTo(router_);
}

json::Object ControlApi::pairingJson() const {
    return toJson(ports_.pairing(), ports_.clock.now());
}

net::Task<void> ControlApi::status(http::Exchange& exchange, const Params&) {
    json::Object body;
    body.set("gateway_id", ports_.gatewayId())
        .set("version", ports_.version)
        .set("pairing", pairingJson())
        .set("link", toJson(ports_.link()))
        .set("egress", toJson(ports_.egress()))
        .set("endpoints", toJson(ports_.endpoints.list()))
        .set("remote", toJson(ports_.remote.access()))
        .set("policy", policy_.summary())
        .set("warnings", toJson(ports_.warnings.active()));
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> ControlApi::checkControlplane(http::Exchange& exchange, const Params&) {
    const auto reached = co_await ports_.reachControlplane();
    json::Object body;
    body.set("reached", reached.has_value());
    if (!reached) {
        const auto& why = reached.error();
        body.set("failure", why.code().name()).set("message", sanitizeForConsole(why.message()));
    }
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> ControlApi::showPairing(http::Exchange& exchange, const Params&) {
    auto body = pairingJson();
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> ControlApi::acceptPairing(http::Exchange& exchange, const Params&) {
    auto remote = co_await readRights(exchange);
    if (!remote) {
        co_await refuse(exchange, remote.error());
        co_return;
    }
    const auto decided = ports_.decide(true, *remote);
    auto body = pairingJson();
    if (!decided) co_await refuse(exchange, decided.error());
    if (decided) co_await answer(exchange, 200, std::move(body));
}

net::Task<void> ControlApi::rejectPairing(http::Exchange& exchange, const Params&) {
    const auto decided = ports_.decide(false, std::nullopt);
    auto body = pairingJson();
    if (!decided) co_await refuse(exchange, decided.error());
    if (decided) co_await answer(exchange, 200, std::move(body));
}

// The body says what is at stake, so that no stray POST gives a gateway away.
net::Task<void> ControlApi::unpair(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange);
    if (!body) {
        co_await refuse(exchange, body.error());
        co_return;
    }
    const auto word = body->string("confirm", 64);
    if (!word || *word != kUnpairWord || !body->onlyMembers({"confirm"})) {
        Error bad(errc::kBadField, "confirm: must be the word unpair; nothing was changed.");
        co_await refuse(exchange, std::move(bad));
        co_return;
    }
    const auto before = ports_.pairing();
    auto unpaired = co_await ports_.unpair();
    if (!unpaired) {
        co_await refuse(exchange, unpaired.error());
        co_return;
    }
    json::Object answered;
    answered.set("tenant_id", before.tenantId).set("tenant_name", before.tenantName);
    co_await answer(exchange, 200, std::move(answered));
}

net::Task<void> ControlApi::listEndpoints(http::Exchange& exchange, const Params&) {
    json::Object body;
    body.set("endpoints", toJson(ports_.endpoints.list()));
    co_await answer(exchange, 200, std::move(body));
}

void ControlApi::noteRefused(std::string_view what, const Error& why) {
    if (!why.isInput()) return;
    ports_.audit.note("endpoint.refused",
                      json::Object()
                          .set("what", what)
                          .set("code", why.code().name())
                          .set("field", remote::fieldOf(why.message())));
}

net::Task<void> ControlApi::addEndpoint(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange);
    auto parsed = body ? parseNewEndpoint(*body) : Result<NewEndpoint>(fail(body.error()));
    if (!parsed) {
        noteRefused("add", parsed.error());
        co_await refuse(exchange, parsed.error());
        co_return;
    }
    auto added = co_await ports_.endpoints.add(std::move(*parsed));
    if (!added) noteRefused("add", added.error());
    co_await answerEndpoint(exchange, 201, std::move(added));
}

net::Task<void> ControlApi::checkEndpoint(http::Exchange& exchange, const Params& params) {
    std::string name(params.text("name"));
    auto checked = co_await ports_.endpoints.check(std::move(name));
    co_await answerEndpoint(exchange, 200, std::move(checked));
}

net::Task<void> ControlApi::setCredentials(http::Exchange& exchange, const Params& params) {
    std::string name(params.text("name"));
    auto body = co_await readJson(exchange);
    auto parsed = body ? parseCredentials(*body) : Result<EndpointCredentials>(fail(body.error()));
    if (!parsed) {
        co_await refuse(exchange, parsed.error());
        co_return;
    }
    // Whoever sends credentials says whom they are for.
    auto change = changeFor(*body, ports_.endpoints.find(name));
    if (!change) {
        co_await refuse(exchange, change.error());
        co_return;
    }
    change->credentials = std::move(*parsed);
    auto changed = co_await ports_.endpoints.change(std::move(name), std::move(*change));
    co_await answerEndpoint(exchange, 200, std::move(changed));
}

net::Task<void> ControlApi::changeEndpoint(http::Exchange& exchange, const Params& params) {
    std::string name(params.text("name"));
    auto body = co_await readJson(exchange);
    auto parsed = body ? parseEndpointChange(*body) : Result<EndpointChange>(fail(body.error()));
    if (!parsed) {
        noteRefused("update", parsed.error());
        co_await refuse(exchange, parsed.error());
        co_return;
    }
    auto changed = co_await ports_.endpoints.change(std::move(name), std::move(*parsed));
    if (!changed) noteRefused("update", changed.error());
    co_await answerEndpoint(exchange, 200, std::move(changed));
}

net::Task<void> ControlApi::approveCertificate(http::Exchange& exchange, const Params& params) {
    std::string name(params.text("name"));
    auto body = co_await readJson(exchange);
    auto sha256 = body ? remote::parseApproval(*body) : Result<std::string>(fail(body.error()));
    if (!sha256) {
        co_await refuse(exchange, sha256.error());
        co_return;
    }
    auto approved = co_await ports_.endpoints.approve(std::move(name), std::move(*sha256));
    co_await answerEndpoint(exchange, 200, std::move(approved));
}

net::Task<void> ControlApi::showRemote(http::Exchange& exchange, const Params&) {
    auto body = toJson(ports_.remote.access());
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> ControlApi::setRemote(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange);
    auto access = body ? parseRemoteAccess(*body, ports_.remote.access())
                       : Result<RemoteAccess>(fail(body.error()));
    if (!access) {
        co_await refuse(exchange, access.error());
        co_return;
    }
    const auto done = co_await ports_.remote.set(*access);
    if (!done) {
        co_await refuse(exchange, done.error());
        co_return;
    }
    auto shown = toJson(ports_.remote.access());
    co_await answer(exchange, 200, std::move(shown));
}

net::Task<void> ControlApi::removeEndpoint(http::Exchange& exchange, const Params& params) {
    std::string name(params.text("name"));
    auto removed = co_await ports_.endpoints.remove(std::move(name));
    json::Object done;
    if (!removed) co_await refuse(exchange, removed.error());
    if (removed) co_await answer(exchange, 200, std::move(done));
}

net::Task<void> ControlApi::listKeys(http::Exchange& exchange, const Params&) {
    auto work = [](Storage storage) { return listAccessKeys(storage); };
    auto keys = co_await ports_.state.run(std::move(work));
    if (!keys) {
        co_await refuse(exchange, keys.error());
        co_return;
    }
    json::Object body;
    body.set("keys", toJson(*keys, ports_.endpoints.list(), ports_.clock.wallNow()));
    co_await answer(exchange, 200, std::move(body));
}

net::Task<Result<json::Object>> ControlApi::makeKey(json::Object body) {
    PCG_CO_CHECK(body.onlyMembers({"endpoint", "role", "expires_in_s", "label"}));
    PCG_CO_TRY(const auto name, body.string("endpoint", 256));
    PCG_CO_TRY(const auto roleName, body.string("role", 64));
    PCG_CO_TRY(const auto seconds, body.optionalInteger("expires_in_s", 1, kMaxKeySeconds));
    PCG_CO_TRY(const auto role, parseKeyRole(roleName, ports_.policy.document().get()));
    PCG_CO_TRY(const auto label, parseLabel(body));
    PCG_CO_TRY(const auto view, ports_.endpoints.find(name));
    std::optional<WallTime> expiresAt;
    if (seconds) expiresAt = ports_.clock.wallNow() + std::chrono::seconds(*seconds);
    auto work = [id = view.record.id, role, expiresAt, label](Storage storage) {
        return createAccessKey(storage, id, {role.builtin, expiresAt, label, role.of_file});
    };
    PCG_CO_TRY(auto minted, co_await ports_.state.run(std::move(work)));
    const auto& id = minted.record.id.text();
    ports_.audit.note(
        "key.created",
        json::Object().set("id", id).set("endpoint", view.record.name).set("role", roleName));
    json::Object shown;
    shown.set("username", id)
        .set("password", minted.password.revealText())
        .set("endpoint", view.record.name)
        .set("role", roleName);
    if (view.record.kind == "maas") shown.set("api_key", maasApiKey(minted));
    if (expiresAt) shown.set("expires_at", toRfc3339(*expiresAt));
    co_return shown;
}

net::Task<void> ControlApi::createKey(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange);
    if (!body) {
        co_await refuse(exchange, body.error());
        co_return;
    }
    auto made = co_await makeKey(std::move(*body));
    if (!made) co_await refuse(exchange, made.error());
    if (made) co_await answer(exchange, 201, std::move(*made));
}

net::Task<void> ControlApi::revokeKey(http::Exchange& exchange, const Params& params) {
    auto id = params.parse("id", wire::parseAccessKeyId);
    if (!id) {
        Error bad(errc::kBadField, "id: " + id.error().message());
        co_await refuse(exchange, std::move(bad));
        co_return;
    }
    auto work = [id = *id](Storage storage) { return revokeAccessKey(storage, id); };
    auto revoked = co_await ports_.state.run(std::move(work));
    if (!revoked) {
        co_await refuse(exchange, revoked.error());
        co_return;
    }
    ports_.audit.note("key.revoked", json::Object().set("id", id->text()));
    co_await ports_.service.dropKey(*id);
    json::Object done;
    co_await answer(exchange, 200, std::move(done));
}

}  // namespace pcg::gateway
