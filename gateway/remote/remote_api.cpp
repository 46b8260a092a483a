// SPDX-License-Identifier: Apache-2.0
#include "gateway/remote/remote_api.h"

#include "common/http/problem.h"
#include "common/log/log.h"
#include "gateway/console/pairing_status.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr log::Logger kLog("remote");
constexpr ByteCount kMaxBody = 64_KiB;
constexpr std::size_t kMaxWhy = 900;  // subjects in it may be as long as somebody likes
constexpr auto kActorField = "Pcg-Actor";
// A tenant that asks again and again gets what its last question saw; the endpoint is left in
// peace.
constexpr std::chrono::seconds kCheckAtMostEvery{2};

int statusOf(const Error& error) {
    if (error.is(errc::kNotAllowed)) return 403;
    if (error.is(errc::kNoSuchEndpoint) || error.is(errc::kNoSuchKey)) return 404;
    if (error.is(errc::kNameTaken) || error.is(errc::kTooMany)) return 409;
    if (error.is(errc::kOtherCertificate) || error.is(errc::kChangedMeanwhile)) return 409;
    if (error.is(errc::kBadField)) return 400;
    if (error.is(errc::kBusy) || error.is(proxy::errc::kPaused)) return 503;
    return http::statusOf(error);
}

net::Task<void> send(http::Exchange& exchange, int status, json::Object body) {
    http::ResponseHead head;
    head.status = status;
    head.headers.add("Content-Type",
                     status < 400 ? "application/json" : "application/problem+json");
    auto text = status == 204 ? std::string() : json::write(body);
    // A link that broke is the other side's to notice.
    [[maybe_unused]] const auto sent =
        co_await http::respondWhole(exchange, std::move(head), asBytes(text));
    wipe(text);
}

net::Task<void> refuse(http::Exchange& exchange, const Error& error) {
    const auto status = statusOf(error);
    json::Object body;
    body.set("status", status)
        .set("title", http::standardReason(status))
        .set("code", error.code().name())
        .set("detail", error.message());
    const auto field = error.is(errc::kBadField) || error.is(errc::kNameTaken)
                           ? remote::fieldOf(error.message())
                           : std::string();
    if (!field.empty()) body.set("field", field);
    co_await send(exchange, status, std::move(body));
}

json::Object keyJson(const AccessKeyRecord& key) {
    json::Object object;
    object.set("id", key.id.text())
        .set("label", key.label)
        .set("role", key.roleName())
        .set("created_at", key.createdAt);
    if (key.expiresAt) object.set("expires_at", toRfc3339(*key.expiresAt));
    if (key.lastUsedAt) object.set("last_used_at", toRfc3339(*key.lastUsedAt));
    return object;
}

Error noSuchKey(const std::string& id) {
    return {errc::kNoSuchKey, "The endpoint has no access key " + id + "."};
}

}  // namespace

InventoryItem inventoryItem(const EndpointView& view) {
    const auto address = wire::EndpointAddress::parse(view.record.url);
    InventoryItem item{view.record.id,
                       view.record.name,
                       view.record.kind,
                       std::string(endpointStateName(view.state)),
                       sanitizeForConsole(view.why, kMaxWhy),
                       address ? address->text() : std::string()};
    item.certificate = CertificateFacts::of(view.record.certificate);
    item.presented = CertificateFacts::of(view.presented);
    if (view.checkedAt) item.checkedAt = toRfc3339(*view.checkedAt);
    return item;
}

RemoteApi::RemoteApi(Parts parts) : parts_(parts) {
    const std::string endpoints = "/v1/endpoints";
    const auto one = endpoints + "/{id}";
    const auto keys = one + "/keys";
    add("GET", endpoints, "endpoint.list", Needs::Nothing, &RemoteApi::listEndpoints);
    add("POST", endpoints, "endpoint.add", Needs::Endpoints, &RemoteApi::addEndpoint);
    add("PATCH", one, "endpoint.update", Needs::Endpoints, &RemoteApi::updateEndpoint);
    add("DELETE", one, "endpoint.remove", Needs::Endpoints, &RemoteApi::removeEndpoint);
    add("POST", one + "/check", "endpoint.check", Needs::Nothing, &RemoteApi::checkEndpoint);
    add("POST",
        one + "/certificate",
        "endpoint.approve",
        Needs::Endpoints,
        &RemoteApi::approveCertificate);
    add("GET", keys, "key.list", Needs::Keys, &RemoteApi::listKeys);
    add("POST", keys, "key.mint", Needs::Keys, &RemoteApi::mintKey);
    add("DELETE", keys + "/{key}", "key.revoke", Needs::Keys, &RemoteApi::revokeKey);
}

void RemoteApi::add(
    std::string method, std::string pattern, std::string what, Needs needs, Method handler) {
    router_.add(std::move(method),
                std::move(pattern),
                [this, what = std::move(what), needs, handler](http::Exchange& exchange,
                                                               const Params& params) {
                    return run(exchange, params, what, needs, handler);
                });
}

net::Task<void> RemoteApi::serve(http::Exchange& exchange) {
    if (running_.size() >= kMaxRunning) {
        const Error busy(errc::kBusy,
                         "The gateway does as many of these at once as it may. Ask again soon.");
        co_await refuse(exchange, busy);
        co_return;
    }

    struct Running {
        std::set<http::Exchange*>& all;
        http::Exchange* one;

        Running(std::set<http::Exchange*>& every, http::Exchange& mine) : all(every), one(&mine) {
            all.insert(one);
        }

        ~Running() { all.erase(one); }

        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
    };

    const Running running(running_, exchange);
    co_await router_.handle(exchange);
}

void RemoteApi::cut(const Error& why) {
    const auto now = running_;  // whoever is cut may leave at once
    for (auto* exchange : now) {
        if (running_.contains(exchange)) exchange->abort(why);
    }
}

Result<> RemoteApi::allowed(Needs needs) const {
    if (parts_.policy.isPaused()) {
        return fail(proxy::errc::kPaused,
                    "The data center's admin paused all access through this gateway; nothing was "
                    "done, try again later.");
    }
    if (needs == Needs::Endpoints) return parts_.gate.require(RemoteRight::Endpoints);
    if (needs == Needs::Keys) return parts_.gate.require(RemoteRight::Keys);
    return {};
}

// A body may take its time: what was allowed when it began may be forbidden, and the pairing
// another one, when it is there.
net::Task<Result<json::Object>> RemoteApi::readJson(http::Exchange& exchange, Needs needs) const {
    PCG_CO_TRY(auto bytes, co_await http::readWholeBody(exchange, kMaxBody));
    PCG_CO_CHECK(allowed(needs));
    auto body = json::parseObject(asText(bytes));
    if (!body) co_return fail(errc::kBadField, body.error().message());
    co_return std::move(*body);
}

net::Task<void> RemoteApi::run(
    http::Exchange& exchange, const Params& params, std::string what, Needs needs, Method method) {
    const auto* actor = exchange.request().headers.find(kActorField);
    json::Object line;
    line.set("what", what)
        .set("target", exchange.request().path())
        .set("by", remote::actorOf(actor == nullptr ? std::string_view() : *actor));
    Result<Reply> reply;
    const auto permission = allowed(needs);
    if (permission) {
        reply = co_await (this->*method)(exchange, params);
    } else {
        reply = tl::unexpected(permission.error());
    }
    line.set("outcome", reply ? "done" : reply.error().code().name());
    kLog.info("remote.request", {{"what", what}, {"done", reply.has_value()}});
    // What is refused can be asked as often as somebody likes.
    const auto kind = reply ? AuditKind::Event : AuditKind::Call;
    if (exchange.request().method != "GET") {
        parts_.audit.note("remote.request", std::move(line), kind);
    }
    if (!reply) {
        co_await refuse(exchange, reply.error());
        co_return;
    }
    co_await send(exchange, reply->status, std::move(reply->body));
}

Result<EndpointView> RemoteApi::find(const Params& params) const {
    // By id only: names are for people in front of the gateway.
    const auto id = params.parse("id", wire::parseEndpointId);
    auto view = id ? parts_.endpoints.find(id->text()) : Result<EndpointView>(fail(id.error()));
    if (view) return view;
    return fail(errc::kNoSuchEndpoint, "The gateway has no such endpoint.");
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::listEndpoints(http::Exchange&, const Params&) {
    json::Array items;
    for (const auto& view : parts_.endpoints.list())
        items.emplace_back(toJson(inventoryItem(view)));
    Reply reply;
    reply.body.set("items", std::move(items));
    co_return reply;
}

Result<> RemoteApi::requireUnnamed(std::string_view endpoint) const {
    if (!namesEndpoint(parts_.policy.document().get(), endpoint)) return {};
    return fail(errc::kNotAllowed,
                "The data center's policy speaks of an endpoint \"" + std::string(endpoint) +
                    "\": which one that is, is not decided from the portal. Its admin can add, "
                    "rename, move or remove it on the gateway with: pcgctl endpoint.");
}

Result<> RemoteApi::requireUnnamedAt(const std::string& url, const wire::EndpointId* self) const {
    for (const auto& view : parts_.endpoints.list()) {
        const bool other = self == nullptr || view.record.id != *self;
        if (other && view.record.url == url) PCG_TRY(requireUnnamed(view.record.name));
    }
    return {};
}

// Opens the box and sees to it that what is inside is for this address.
Result<EndpointCredentials> RemoteApi::credentialsFor(const remote::SealedBox& box,
                                                      std::string_view name,
                                                      std::string_view kind,
                                                      const wire::EndpointAddress& address) const {
    auto opened = PCG_TRY(parts_.gate.unseal(box.sealed, box.keyId, name, kind));
    const auto meant = wire::EndpointAddress::parse(opened.address);
    if (!meant || *meant != address) {
        return badField("credentials.sealed",
                        "the credentials were sealed for another address than " + address.text() +
                            ". Enter them again for this one.");
    }
    return EndpointCredentials{std::move(opened.username), std::move(opened.password)};
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::addEndpoint(http::Exchange& exchange,
                                                           const Params&) {
    PCG_CO_TRY(const auto body, co_await readJson(exchange, Needs::Endpoints));
    PCG_CO_TRY(auto asked, remote::AddEndpoint::parse(body));
    PCG_CO_CHECK(requireUnnamed(asked.name));
    PCG_CO_CHECK(requireUnnamedAt(asked.address.url(), nullptr));
    PCG_CO_TRY(auto credentials,
               credentialsFor(asked.credentials, asked.name, asked.kind, asked.address));
    NewEndpoint endpoint{std::move(asked.name),
                         std::move(asked.kind),
                         std::move(asked.address),
                         std::move(asked.trust),
                         std::move(credentials)};
    PCG_CO_TRY(const auto view, co_await parts_.endpoints.add(std::move(endpoint)));
    co_return Reply{201, toJson(inventoryItem(view))};
}

Result<EndpointChange> RemoteApi::changeOf(remote::UpdateEndpoint asked,
                                           const EndpointView& view) const {
    const auto address =
        asked.address ? *asked.address : PCG_TRY(wire::EndpointAddress::parse(view.record.url));
    EndpointChange change;
    change.checkedAgainst = EndpointIdentity::of(view.record);
    change.trust = std::move(asked.trust);
    if (asked.name && *asked.name != view.record.name) {
        PCG_TRY(requireUnnamed(view.record.name));
        PCG_TRY(requireUnnamed(*asked.name));
        change.name = *asked.name;
    }
    if (address.url() != view.record.url) {
        PCG_TRY(requireUnnamed(view.record.name));
        PCG_TRY(requireUnnamedAt(address.url(), &view.record.id));
        if (!asked.credentials) {
            return badField("credentials",
                            "another address needs the credentials again, sealed for it: those "
                            "that the gateway holds are sent to " +
                                view.record.url + " only.");
        }
        change.url = address.url();
    }
    if (asked.credentials) {
        change.credentials = PCG_TRY(credentialsFor(
            *asked.credentials, asked.name.value_or(view.record.name), view.record.kind, address));
    }
    return change;
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::updateEndpoint(http::Exchange& exchange,
                                                              const Params& params) {
    PCG_CO_CHECK(find(params));
    PCG_CO_TRY(const auto body, co_await readJson(exchange, Needs::Endpoints));
    PCG_CO_TRY(auto asked, remote::UpdateEndpoint::parse(body));
    // A body may take its time, and somebody else may change the endpoint meanwhile: what its
    // credentials are compared with is what it is now.
    PCG_CO_TRY(auto view, find(params));
    PCG_CO_TRY(auto change, changeOf(std::move(asked), view));
    auto id = view.record.id.text();
    PCG_CO_TRY(view, co_await parts_.endpoints.change(std::move(id), std::move(change)));
    co_return Reply{200, toJson(inventoryItem(view))};
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::removeEndpoint(http::Exchange&,
                                                              const Params& params) {
    PCG_CO_TRY(const auto view, find(params));
    // Once it were gone, another one could be in its place.
    PCG_CO_CHECK(requireUnnamed(view.record.name));
    auto id = view.record.id.text();
    PCG_CO_CHECK(co_await parts_.endpoints.remove(std::move(id)));
    co_return Reply{204, {}};
}

bool RemoteApi::mayCheck(const wire::EndpointId& id) {
    const auto now = parts_.clock.now();
    std::erase_if(checks_,
                  [&](const auto& check) { return now - check.second >= kCheckAtMostEvery; });
    return checks_.emplace(id, now).second;
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::checkEndpoint(http::Exchange&,
                                                             const Params& params) {
    PCG_CO_TRY(auto view, find(params));
    if (mayCheck(view.record.id)) {
        auto id = view.record.id.text();
        PCG_CO_TRY(view, co_await parts_.endpoints.check(std::move(id)));
    }
    co_return Reply{200, toJson(inventoryItem(view))};
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::approveCertificate(http::Exchange& exchange,
                                                                  const Params& params) {
    PCG_CO_TRY(auto view, find(params));
    PCG_CO_TRY(const auto body, co_await readJson(exchange, Needs::Endpoints));
    PCG_CO_TRY(auto sha256, remote::parseApproval(body));
    auto id = view.record.id.text();
    // A look at the endpoint comes first, and takes its time.
    std::function<Result<>()> still = [this] { return allowed(Needs::Endpoints); };
    PCG_CO_TRY(
        view,
        co_await parts_.endpoints.approve(std::move(id), std::move(sha256), std::move(still)));
    co_return Reply{200, toJson(inventoryItem(view))};
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::listKeys(http::Exchange&, const Params& params) {
    PCG_CO_TRY(const auto view, find(params));
    auto work = [id = view.record.id](Storage storage) { return listAccessKeys(storage, id); };
    PCG_CO_TRY(const auto keys, co_await parts_.state.run(std::move(work)));
    json::Array items;
    for (const auto& key : keys) items.emplace_back(keyJson(key));
    Reply reply;
    reply.body.set("items", std::move(items));
    co_return reply;
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::mintKey(http::Exchange& exchange,
                                                       const Params& params) {
    PCG_CO_TRY(const auto view, find(params));
    PCG_CO_TRY(const auto body, co_await readJson(exchange, Needs::Keys));
    PCG_CO_TRY(auto asked, remote::MintKey::parse(body));
    NewKey key{asked.role, std::nullopt, std::move(asked.label)};
    if (asked.expiresIn) key.expiresAt = parts_.clock.wallNow() + *asked.expiresIn;
    auto work = [id = view.record.id, key](Storage storage) {
        return createAccessKey(storage, id, key);
    };
    PCG_CO_TRY(auto minted, co_await parts_.state.run(std::move(work)));
    parts_.audit.note("key.created",
                      json::Object()
                          .set("id", minted.record.id.text())
                          .set("endpoint", view.record.name)
                          .set("role", proxy::roleName(key.role)));
    Reply reply{201, keyJson(minted.record)};
    reply.body.set("username", minted.record.id.text())
        .set("password", minted.password.revealText());
    if (view.record.kind == "maas") reply.body.set("api_key", maasApiKey(minted));
    co_return reply;
}

net::Task<Result<RemoteApi::Reply>> RemoteApi::revokeKey(http::Exchange&, const Params& params) {
    PCG_CO_TRY(const auto view, find(params));
    const auto id = params.parse("key", wire::parseAccessKeyId);
    if (!id) co_return fail(errc::kNoSuchKey, "The endpoint has no such access key.");
    auto work = [id = *id, endpoint = view.record.id](Storage storage) -> Result<> {
        const auto key = PCG_TRY(findAccessKey(storage, id));
        if (!key || key->endpoint != endpoint) return fail(noSuchKey(id.text()));
        return revokeAccessKey(storage, id);
    };
    PCG_CO_CHECK(co_await parts_.state.run(std::move(work)));
    parts_.audit.note("key.revoked", json::Object().set("id", id->text()));
    co_await parts_.service.dropKey(*id);
    co_return Reply{204, {}};
}

}  // namespace pcg::gateway
