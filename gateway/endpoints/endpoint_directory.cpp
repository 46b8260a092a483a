// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/endpoint_directory.h"

#include "common/base/text.h"
#include "common/http/client.h"
#include "common/http/transport.h"
#include "common/log/log.h"
#include "common/net/dialer.h"
#include "common/net/errc.h"
#include "gateway/errc.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr log::Logger kLog("endpoints");

Result<net::TlsClientContext> tlsContext(const EndpointTrust& trust) {
    if (trust.kind == TrustKind::Ca)
        return net::TlsClientContext::create(net::TrustCa{trust.anchor});
    const auto pin = PCG_TRY(net::parseSha256Pin(trust.anchor));
    return net::TlsClientContext::create(net::TrustLeafPin{pin});
}

// What Host says: the port only where it is not the scheme's own (RFC 9110 section 7.2).
std::string authorityOf(const net::Target& target) {
    const auto text = target.text();
    return target.port == 443 ? text.substr(0, text.rfind(':')) : text;
}

WarningCode warningOf(EndpointState state) {
    switch (state) {
        case EndpointState::Untrusted:
            return WarningCode::EndpointUntrusted;
        case EndpointState::CredentialsRejected:
            return WarningCode::EndpointCredentialsRejected;
        default:
            return WarningCode::EndpointUnreachable;
    }
}

}  // namespace

std::string_view endpointStateName(EndpointState state) {
    switch (state) {
        case EndpointState::Unknown:
            return "unknown";
        case EndpointState::Ready:
            return "ready";
        case EndpointState::Unreachable:
            return "unreachable";
        case EndpointState::Untrusted:
            return "untrusted";
        case EndpointState::CredentialsRejected:
            return "credentials_rejected";
    }
    return "unknown";
}

EndpointState stateOf(const Error& error) {
    for (const auto& code :
         {net::kTlsUntrusted, net::kTlsPinMismatch, net::kTlsHostname, net::kTlsExpired}) {
        if (error.is(code)) return EndpointState::Untrusted;
    }
    if (error.is(proxy::errc::kCredentialsRejected) || error.is(proxy::errc::kInvalidLogin)) {
        return EndpointState::CredentialsRejected;
    }
    return EndpointState::Unreachable;
}

class EndpointDirectory::Core : public std::enable_shared_from_this<Core> {
  public:
    explicit Core(Parts parts) : parts_(std::move(parts)), tick_(parts_.loop.get_executor()) {}

    net::Task<Result<>> load();
    static net::Task<void> watch(std::shared_ptr<Core> self);
    net::Task<Result<EndpointView>> add(NewEndpoint endpoint);
    net::Task<Result<EndpointView>> check(std::string name);
    net::Task<Result<EndpointView>> setCredentials(std::string name,
                                                   EndpointCredentials credentials);
    net::Task<Result<>> remove(std::string name);
    net::Task<void> stop();

    Result<EndpointView> find(std::string_view nameOrId) const;

    std::vector<EndpointView> views;

  private:
    EndpointView* slot(const wire::EndpointId& id);
    net::Task<Result<>> connect(EndpointRecord record);
    net::Task<void> look(wire::EndpointId id);
    void settle(EndpointView& view, EndpointState state, std::string why, std::string product);

    void announce() const {
        if (parts_.changed) parts_.changed();
    }

    Parts parts_;
    net::Timer tick_;
    bool stopping_ = false;
    bool watching_ = false;
    std::optional<net::Timer> stopped_;
};

EndpointView* EndpointDirectory::Core::slot(const wire::EndpointId& id) {
    const auto found = std::find_if(
        views.begin(), views.end(), [&](const EndpointView& view) { return view.record.id == id; });
    return found == views.end() ? nullptr : &*found;
}

Result<EndpointView> EndpointDirectory::Core::find(std::string_view nameOrId) const {
    std::vector<std::string> names;
    for (const auto& view : views) {
        if (equalsIgnoreCaseAscii(view.record.name, nameOrId) || view.record.id.text() == nameOrId)
            return view;
        names.push_back(view.record.name);
    }
    const auto meant = didYouMean(nameOrId, names);
    return fail(errc::kNoSuchEndpoint,
                "name: there is no endpoint \"" + std::string(nameOrId) + "\"." +
                    (meant ? " Did you mean \"" + *meant + "\"?" : " See: pcgctl endpoint list."));
}

net::Task<Result<>> EndpointDirectory::Core::connect(EndpointRecord record) {
    auto target = net::targetOfUrl(record.url, 443);
    if (!target) co_return fail(std::move(target).error());
    auto context = tlsContext(record.trust);
    if (!context) co_return fail(std::move(context).error());
    auto dialer = std::make_shared<net::Dialer>(std::move(*context));
    auto opener = http::tlsOpener(std::move(dialer), target->host, target->port);
    http::ClientOptions options;
    // As many as a busy orchestrator has calls at once: below that, every call would shake hands
    // anew (measured at 64 callers: with 8 idle connections the gateway needed four times the CPU
    // for a call).
    options.maxIdle = 128;
    options.maxConnections = 4096;
    options.authority = authorityOf(*target);
    options.limits = {.head = std::nullopt, .idle = std::nullopt};
    auto client = std::make_shared<http::Client>(parts_.loop, std::move(opener), options);
    proxy::EndpointConfig config{
        .id = record.id, .name = record.name, .authority = options.authority};
    co_await parts_.service.put(std::move(config), std::move(client));
    co_return Result<>{};
}

net::Task<Result<>> EndpointDirectory::Core::load() {
    auto work = [](Storage storage) { return listEndpoints(storage); };
    PCG_CO_TRY(auto records, co_await parts_.state.run(std::move(work)));
    for (auto& record : records) {
        views.push_back({record, EndpointState::Unknown, "", ""});
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

net::Task<void> EndpointDirectory::Core::watch(std::shared_ptr<Core> self) {
    while (!self->stopping_) {
        std::vector<wire::EndpointId> ids;
        for (const auto& view : self->views) ids.push_back(view.record.id);
        for (const auto& id : ids) {
            if (self->stopping_) break;
            co_await self->look(id);
        }
        if (self->stopping_) break;
        self->tick_.expires_after(kCheckEvery);
        co_await self->tick_.async_wait(net::kAwaitTuple);
    }
    self->watching_ = false;
    if (self->stopped_) self->stopped_->cancel();
}

net::Task<void> EndpointDirectory::Core::stop() {
    stopping_ = true;
    tick_.cancel();
    if (!watching_) co_return;
    // A check has a deadline of its own (proxy::EndpointLimits::check_deadline); this is not
    // longer.
    stopped_.emplace(parts_.loop.get_executor(), std::chrono::seconds(15));
    co_await stopped_->async_wait(net::kAwaitTuple);
}

// The endpoint may be gone, or another, after the co_await: it is looked up again.
net::Task<void> EndpointDirectory::Core::look(wire::EndpointId id) {
    auto report = co_await parts_.service.checkEndpoint(id);
    auto* view = slot(id);
    if (view == nullptr || stopping_) co_return;
    if (!report) {
        settle(*view, stateOf(report.error()), report.error().message(), view->product);
    } else if (report->credentials_error) {
        const auto state = stateOf(*report->credentials_error);
        settle(*view, state, report->credentials_error->message(), report->about.full_name);
    } else {
        settle(*view, EndpointState::Ready, "", report->about.full_name);
    }
}

void EndpointDirectory::Core::settle(EndpointView& view,
                                     EndpointState state,
                                     std::string why,
                                     std::string product) {
    const bool same = view.state == state && view.why == why;
    view.product = std::move(product);
    if (same) return;
    view.state = state;
    view.why = std::move(why);
    parts_.warnings.clearSubject(view.record.name);
    if (state == EndpointState::Ready) {
        kLog.info("endpoint.ready", {{"endpoint", view.record.name}, {"product", view.product}});
    } else {
        parts_.warnings.raise(warningOf(state), view.record.name, view.why);
        kLog.warn("endpoint.not_ready",
                  {{"endpoint", view.record.name},
                   {"state", endpointStateName(state)},
                   {"why", view.why}});
    }
    announce();
}

net::Task<Result<EndpointView>> EndpointDirectory::Core::add(NewEndpoint endpoint) {
    EndpointRecord record{wire::newId<wire::EndpointId>(parts_.random),
                          endpoint.name,
                          endpoint.kind,
                          endpoint.url,
                          std::move(endpoint.trust)};
    auto work = [record, scope = parts_.scope(), credentials = std::move(endpoint.credentials)](
                    Storage storage) { return addEndpoint(storage, scope, record, credentials); };
    PCG_CO_TRY(auto added, co_await parts_.state.run(std::move(work)));
    views.push_back({added, EndpointState::Unknown, "", ""});
    parts_.audit.note(
        "endpoint.added",
        json::Object().set("id", added.id.text()).set("name", added.name).set("url", added.url));
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

net::Task<Result<EndpointView>> EndpointDirectory::Core::setCredentials(
    std::string name, EndpointCredentials credentials) {
    PCG_CO_TRY(auto view, find(name));
    auto work = [id = view.record.id, scope = parts_.scope(), credentials = std::move(credentials)](
                    Storage storage) {
        return replaceCredentials(storage, scope, id, credentials);
    };
    PCG_CO_CHECK(co_await parts_.state.run(std::move(work)));
    parts_.service.credentialsChanged(view.record.id);
    parts_.audit.note("endpoint.credentials_changed", json::Object().set("name", view.record.name));
    co_await look(view.record.id);
    co_return find(view.record.id.text());
}

net::Task<Result<>> EndpointDirectory::Core::remove(std::string name) {
    PCG_CO_TRY(auto view, find(name));
    auto work = [id = view.record.id](Storage storage) { return removeEndpoint(storage, id); };
    PCG_CO_CHECK(co_await parts_.state.run(std::move(work)));
    std::erase_if(views,
                  [&](const EndpointView& held) { return held.record.id == view.record.id; });
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

net::Task<Result<EndpointView>> EndpointDirectory::check(std::string name) {
    return core_->check(std::move(name));
}

net::Task<Result<EndpointView>> EndpointDirectory::setCredentials(std::string name,
                                                                  EndpointCredentials credentials) {
    return core_->setCredentials(std::move(name), std::move(credentials));
}

net::Task<Result<>> EndpointDirectory::remove(std::string name) {
    return core_->remove(std::move(name));
}

}  // namespace pcg::gateway
