// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/endpoint_directory.h"

#include "common/base/text.h"
#include "common/http/client.h"
#include "common/http/transport.h"
#include "common/log/log.h"
#include "common/net/dialer.h"
#include "gateway/endpoints/certificate_probe.h"
#include "gateway/endpoints/endpoint_core.h"
#include "gateway/errc.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr log::Logger kLog("endpoints");

json::Array listed(const std::vector<std::string>& texts) {
    json::Array items;
    for (const auto& text : texts) items.emplace_back(text);
    return items;
}

}  // namespace

EndpointView* EndpointDirectory::Core::slot(const wire::EndpointId& id) {
    const auto found = std::find_if(
        views.begin(), views.end(), [&](const EndpointView& view) { return view.record.id == id; });
    return found == views.end() ? nullptr : &*found;
}

Result<EndpointView> EndpointDirectory::Core::find(std::string_view nameOrId) const {
    const auto id = wire::parseEndpointId(nameOrId);
    std::vector<std::string> names;
    for (const auto& view : views) {
        const bool isMeant =
            id ? view.record.id == *id : equalsIgnoreCaseAscii(view.record.name, nameOrId);
        if (isMeant) return view;
        names.push_back(view.record.name);
    }
    const auto meant = didYouMean(nameOrId, names);
    return fail(errc::kNoSuchEndpoint,
                "name: there is no endpoint \"" + std::string(nameOrId) + "\"." +
                    (meant ? " Did you mean \"" + *meant + "\"?" : " See: pcgctl endpoint list."));
}

net::Task<Result<>> EndpointDirectory::Core::connect(EndpointRecord record) {
    const auto address = wire::EndpointAddress::parse(record.url);
    if (!address) co_return fail(address.error());
    auto context = contextFor(record.trust);
    if (!context) co_return fail(std::move(context).error());
    auto dialer = std::make_shared<net::Dialer>(std::move(*context), parts_.route);
    auto opener = http::tlsOpener(std::move(dialer), address->host, address->port);
    http::ClientOptions options;
    // As many as a busy orchestrator has calls at once: below that, every call would shake hands
    // anew (measured at 64 callers: with 8 idle connections the gateway needed four times the CPU
    // for a call).
    options.maxIdle = 128;
    options.maxConnections = 4096;
    options.authority = address->authority();
    options.limits = {.head = std::nullopt, .idle = std::nullopt};
    auto client = std::make_shared<http::Client>(parts_.loop, std::move(opener), options);
    auto guard = std::make_shared<GuardedCaller>(std::move(client),
                                                 [weak = weak_from_this(), id = record.id] {
                                                     if (const auto self = weak.lock())
                                                         self->doubt(id);
                                                 });
    callers_.insert_or_assign(record.id, guard);
    proxy::EndpointConfig config{
        .id = record.id, .name = record.name, .authority = options.authority};
    if (record.kind == "maas") config.kind = proxy::EndpointKind::Maas;
    for (const auto& text : record.tunnels) {
        PCG_CO_TRY(auto target, proxy::TunnelTarget::parse(text));
        config.tunnels.push_back(std::move(target));
    }
    co_await parts_.service.put(std::move(config), std::move(guard));
    co_return Result<>{};
}

net::Task<Result<>> EndpointDirectory::Core::load() {
    auto work = [](Storage storage) { return listEndpoints(storage); };
    PCG_CO_TRY(auto records, co_await parts_.state.run(std::move(work)));
    for (auto& record : records) {
        views.push_back({record, EndpointState::Checking, "", ""});
        auto connected = co_await connect(record);
        if (!connected) {
            kLog.failure(log::Level::Error,
                         "endpoint.not_usable",
                         connected.error(),
                         {{"endpoint", record.name}});
        }
    }
    watching_ = true;
    net::asio::co_spawn(parts_.loop, watch(shared_from_this()), net::asio::detached);
    co_return Result<>{};
}

net::Task<Result<EndpointView>> EndpointDirectory::Core::add(NewEndpoint endpoint) {
    PCG_CO_CHECK(checkCredentials(endpoint.kind, endpoint.credentials));
    EndpointRecord record{wire::newId<wire::EndpointId>(parts_.random),
                          endpoint.name,
                          endpoint.kind,
                          endpoint.address.url(),
                          std::move(endpoint.trust),
                          {},
                          std::move(endpoint.tunnels)};
    auto work = [record, scope = parts_.scope(), credentials = std::move(endpoint.credentials)](
                    Storage storage) { return addEndpoint(storage, scope, record, credentials); };
    PCG_CO_TRY(auto added, co_await parts_.state.run(std::move(work)));
    views.push_back({added, EndpointState::Checking, "", ""});
    json::Object what;
    what.set("id", added.id.text()).set("name", added.name).set("url", added.url);
    if (!added.tunnels.empty()) what.set("tunnels", listed(added.tunnels));
    parts_.audit.note("endpoint.added", std::move(what));
    PCG_CO_CHECK(co_await connect(added));
    announce();
    co_await look(added.id);
    co_return find(added.id.text());
}

net::Task<Result<EndpointView>> EndpointDirectory::Core::check(std::string name) {
    PCG_CO_TRY(auto view, find(name));
    co_await look(view.record.id);
    co_return find(view.record.id.text());
}

net::Task<Result<EndpointView>> EndpointDirectory::Core::change(std::string name,
                                                                EndpointChange change) {
    PCG_CO_TRY(auto view, find(name));
    if (change.credentials) {
        PCG_CO_CHECK(checkCredentials(view.record.kind, *change.credentials));
    }
    json::Object what;
    what.set("id", view.record.id.text()).set("name", view.record.name);
    if (change.name) what.set("new_name", *change.name);
    if (change.url) what.set("url", *change.url);
    what.set("trust", change.trust.has_value()).set("credentials", change.credentials.has_value());
    if (change.tunnels) what.set("tunnels", listed(*change.tunnels));
    auto id = view.record.id;
    auto changed = co_await apply(std::move(id), std::move(change));
    if (changed) parts_.audit.note("endpoint.changed", std::move(what));
    co_return changed;
}

// Writes it, makes the way to the endpoint anew and looks at it.
net::Task<Result<EndpointView>> EndpointDirectory::Core::apply(wire::EndpointId id,
                                                               EndpointChange change) {
    const bool hasCredentials = change.credentials.has_value();
    const bool hasNewWay = change.url || change.trust || change.name || change.tunnels;
    auto work = [id, scope = parts_.scope(), change = std::move(change)](Storage storage) {
        return changeEndpoint(storage, scope, id, change);
    };
    PCG_CO_TRY(auto record, co_await parts_.state.run(std::move(work)));
    auto* view = slot(id);
    if (view == nullptr) co_return find(id.text());
    parts_.warnings.clearSubject(view->record.name);
    *view = {record, EndpointState::Checking, "", view->product};
    if (hasNewWay) PCG_CO_CHECK(co_await connect(record));
    if (hasCredentials) parts_.service.credentialsChanged(id);
    announce();
    co_await look(id);
    co_return find(id.text());
}

net::Task<Result<>> EndpointDirectory::Core::remove(std::string name) {
    PCG_CO_TRY(auto view, find(name));
    auto work = [id = view.record.id](Storage storage) { return removeEndpoint(storage, id); };
    PCG_CO_CHECK(co_await parts_.state.run(std::move(work)));
    std::erase_if(views,
                  [&](const EndpointView& held) { return held.record.id == view.record.id; });
    callers_.erase(view.record.id);
    parts_.warnings.clearSubject(view.record.name);
    parts_.audit.note(
        "endpoint.removed",
        json::Object().set("id", view.record.id.text()).set("name", view.record.name));
    announce();
    co_await parts_.service.remove(view.record.id);
    co_return Result<>{};
}

EndpointDirectory::EndpointDirectory(Parts parts)
    : core_(std::make_shared<Core>(std::move(parts))) {}

EndpointDirectory::~EndpointDirectory() = default;

net::Task<Result<>> EndpointDirectory::start() { return core_->load(); }

net::Task<void> EndpointDirectory::stop() { return core_->stop(); }

std::vector<EndpointView> EndpointDirectory::list() const { return core_->views; }

Result<EndpointView> EndpointDirectory::find(std::string_view nameOrId) const {
    return core_->find(nameOrId);
}

net::Task<Result<EndpointView>> EndpointDirectory::add(NewEndpoint endpoint) {
    return core_->add(std::move(endpoint));
}

net::Task<Result<EndpointView>> EndpointDirectory::change(std::string name, EndpointChange change) {
    return core_->change(std::move(name), std::move(change));
}

net::Task<Result<EndpointView>> EndpointDirectory::check(std::string name) {
    return core_->check(std::move(name));
}

net::Task<Result<EndpointView>> EndpointDirectory::approve(std::string name,
                                                           std::string sha256,
                                                           std::function<Result<>()> still) {
    return core_->approve(std::move(name), std::move(sha256), std::move(still));
}

net::Task<Result<>> EndpointDirectory::remove(std::string name) {
    return core_->remove(std::move(name));
}

}  // namespace pcg::gateway
