// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint_service.h"

#include "common/log/log.h"
#include "vcenter-proxy/endpoint/own_call.h"
#include "vcenter-proxy/endpoint/request_target.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"
#include "vcenter-proxy/phases/maas_check.h"
#include "vcenter-proxy/phases/run_phases.h"
#include "vcenter-proxy/running_requests.h"
#include "vcenter-proxy/session_broker.h"

#include <utility>
#include <vector>

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");
constexpr std::chrono::seconds kReapEvery{30};
constexpr std::chrono::seconds kLookAtWindowsEvery{1};

using EndpointPtr = std::shared_ptr<Endpoint>;
using SessionList = std::vector<std::shared_ptr<Session>>;

AuditRecord newRecord(const Clock& clock,
                      const http::Exchange& exchange,
                      wire::EndpointId endpoint,
                      std::string request_id) {
    AuditRecord record{clock.wallNow(),
                       std::move(request_id),
                       std::move(endpoint),
                       exchange.peer(),
                       {},
                       {},
                       {},
                       {},
                       {},
                       {},
                       {}};
    record.surface = "denied";
    record.decision = "allowed";
    return record;
}

net::Task<void> logoutAll(EndpointPtr endpoint, SessionList sessions) {
    for (auto& session : sessions) co_await logoutUpstream(endpoint, std::move(session));
}

}  // namespace

class EndpointService::Core : public std::enable_shared_from_this<Core> {
  public:
    explicit Core(Services services_)
        : services(services_),
          timer(services_.loop.get_executor()),
          window_timer(services_.loop.get_executor()) {}

    net::Task<void> serve(http::Exchange& exchange, wire::EndpointId id, std::string request_id);
    net::Task<Result<EndpointReport>> check(EndpointPtr endpoint);
    net::Task<std::optional<Error>> tryCredentials(EndpointPtr endpoint);
    net::Task<void> answerPaused(RequestContext& context);
    net::Task<void> leave(EndpointPtr endpoint, Error why);
    net::Task<void> watchWindows(std::shared_ptr<Core> self);
    net::Task<void> reap(std::shared_ptr<Core> self);
    net::Task<void> stop(std::chrono::milliseconds bound);

    EndpointPtr find(const wire::EndpointId& id) const {
        const auto found = endpoints.find(id);
        return found == endpoints.end() ? nullptr : found->second;
    }

    // A copy: whoever iterates awaits in between.
    std::vector<EndpointPtr> all() const {
        std::vector<EndpointPtr> list;
        for (const auto& [id, endpoint] : endpoints) list.push_back(endpoint);
        return list;
    }

    Services services;
    std::unordered_map<wire::EndpointId, EndpointPtr> endpoints;
    net::Timer timer;
    net::Timer window_timer;
    RunningRequests running;
    bool stopping = false;
};

// The admin's reason is his own: clients are told that it is so.
net::Task<void> EndpointService::Core::answerPaused(RequestContext& context) {
    auto surface = Surface::Maas;
    if (context.endpoint->config.kind == EndpointKind::Vcenter) {
        const auto target = classifyTarget(context.client.request());
        surface = target ? target->surface : Surface::Folder;
    }
    Error error(errc::kPaused,
                "the data center's admin paused all access through this gateway; nothing was done, "
                "try again later");
    co_await answerFailure(context, surface, std::move(error), http::Outcome::NotDispatched);
}

// Nobody finds the endpoint any more: what runs there and its tokens end before anything is waited
// for.
net::Task<void> EndpointService::Core::leave(EndpointPtr endpoint, Error why) {
    endpoint->stopping = true;
    running.cutAt(*endpoint, why);
    auto ended = endpoint->sessions.takeAll();
    endpoint->leases.sweep(endpoint->sessions);
    co_await logoutAll(endpoint, std::move(ended));
}

// While it looks, self holds what it looks at.
net::Task<void> EndpointService::Core::watchWindows(std::shared_ptr<Core> self) {
    while (!self->stopping) {
        self->running.cutWhatIsOver(self->services.clock.wallNow());
        self->window_timer.expires_after(kLookAtWindowsEvery);
        co_await self->window_timer.async_wait(net::kAwaitTuple);
    }
}

net::Task<void> EndpointService::Core::serve(http::Exchange& exchange,
                                             wire::EndpointId id,
                                             std::string request_id) {
    const auto began = services.clock.now();
    auto record = newRecord(services.clock, exchange, id, std::move(request_id));
    {
        ClientSide client(exchange, record);
        const auto endpoint = find(id);
        if (!endpoint || stopping) {
            const Error error =
                stopping ? Error(errc::kStopping, "the gateway is stopping; try again later")
                         : Error(errc::kNoSuchEndpoint, "the gateway has no such endpoint");
            co_await client.answerProblem(
                stopping ? 503 : 404, error, http::Outcome::NotDispatched);
        } else {
            RequestContext context{services, endpoint, client, record};
            const RunningRequests::Place place(running, client, *endpoint);
            if (services.policy.policyFor(id)->paused) {
                co_await answerPaused(context);
            } else {
                co_await runPhases(context);
            }
        }
    }
    const auto took = services.clock.now() - began;
    record.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
    services.audit.record(std::move(record));
}

net::Task<std::optional<Error>> EndpointService::Core::tryCredentials(EndpointPtr endpoint) {
    const auto& proven = endpoint->credentials_proven;
    if (proven && services.clock.now() - *proven < endpoint->config.limits.credentials_hold) {
        co_return std::nullopt;
    }
    LoginWay way;
    auto answer = co_await loginUpstream(services, endpoint, way);
    if (!answer) co_return answer.error().error;
    const Principal nobody{
        wire::AccessKeyId::unchecked("check"), endpoint->config.id, Role::Inventory};
    auto session = std::make_shared<Session>(nobody);
    const auto taken = takeUpstream(*session, way, *answer);
    if (answer->head.status != 200 || !taken) {
        // Whatever it is that the endpoint says, it is not tried every few seconds.
        endpoint->credential_throttle.failed({});
        endpoint->limitLogins();
        co_return Error(errc::kCredentialsRejected,
                        endpoint->config.name +
                            " does not log in with the stored credentials; it "
                            "answers " +
                            std::to_string(answer->head.status));
    }
    co_await logoutUpstream(endpoint, std::move(session));
    co_return std::nullopt;
}

net::Task<Result<EndpointReport>> EndpointService::Core::check(EndpointPtr endpoint) {
    const std::string body = retrieveServiceContentBody();
    OwnCall own;
    own.body = asBytes(body);
    own.deadline = endpoint->config.limits.check_deadline;
    auto answer = co_await callEndpoint(endpoint, std::move(own));
    if (!answer) co_return fail(std::move(answer).error().error);
    if (answer->head.status != 200) {
        co_return fail(errc::kNotAVcenter,
                       "the endpoint answers RetrieveServiceContent with " +
                           std::to_string(answer->head.status) + "; check its URL");
    }
    EndpointReport report;
    PCG_CO_TRY(report.about, parseServiceContent(answer->body));
    report.credentials_error = co_await tryCredentials(endpoint);
    co_return report;
}

net::Task<void> EndpointService::Core::reap(std::shared_ptr<Core> self) {
    while (!self->stopping) {
        self->timer.expires_after(kReapEvery);
        co_await self->timer.async_wait(net::kAwaitTuple);
        if (self->stopping) co_return;
        for (const auto& endpoint : self->all()) {
            auto expired = endpoint->sessions.takeExpired();
            endpoint->leases.sweep(endpoint->sessions);
            co_await logoutAll(endpoint, std::move(expired));
            auto idle = endpoint->sessions.takeIdle(endpoint->config.limits.session_idle);
            co_await logoutAll(endpoint, std::move(idle));
        }
    }
}

namespace {

// Logouts that run side by side, and who waits for them.
struct Farewell {
    explicit Farewell(net::Executor executor) : done(executor) {}

    std::size_t left = 0;
    net::Timer done;
};

net::Task<void> sayFarewell(std::shared_ptr<Farewell> farewell,
                            EndpointPtr endpoint,
                            SessionList sessions) {
    co_await logoutAll(std::move(endpoint), std::move(sessions));
    if (--farewell->left == 0) farewell->done.cancel();
}

}  // namespace

net::Task<void> EndpointService::Core::stop(std::chrono::milliseconds bound) {
    stopping = true;
    timer.cancel();
    window_timer.cancel();
    const auto executor = services.loop.get_executor();
    const auto farewell = std::make_shared<Farewell>(executor);
    farewell->done.expires_after(bound);
    constexpr std::size_t kSideBySide = 8;  // per endpoint
    for (const auto& endpoint : all()) {
        endpoint->stopping = true;
        auto sessions = endpoint->sessions.takeAll();
        std::vector<SessionList> shares(std::min(kSideBySide, sessions.size()));
        for (std::size_t i = 0; i < sessions.size(); ++i) {
            shares[i % shares.size()].push_back(std::move(sessions[i]));
        }
        for (auto& share : shares) {
            ++farewell->left;
            net::asio::co_spawn(
                executor, sayFarewell(farewell, endpoint, std::move(share)), net::asio::detached);
        }
    }
    if (farewell->left > 0) co_await farewell->done.async_wait(net::kAwaitTuple);
    if (farewell->left > 0) kLog.warn("proxy.sessions_left", {{"logouts", farewell->left}});
}

EndpointService::EndpointService(Services services) : core_(std::make_shared<Core>(services)) {}

EndpointService::~EndpointService() {
    core_->stopping = true;
    core_->timer.cancel();
    core_->window_timer.cancel();
}

net::Task<void> EndpointService::put(EndpointConfig config, std::shared_ptr<http::Caller> caller) {
    const auto core = core_;
    const auto existing = core->find(config.id);
    if (existing && existing->config.authority == config.authority) {
        const bool renamed = existing->config.name != config.name;
        existing->config = std::move(config);
        existing->caller = std::move(caller);
        existing->tunnels.cutOutside(existing->config.tunnels);
        if (renamed) core->running.judgeAgain();  // policies go by names
        co_return;
    }
    const auto id = config.id;
    auto endpoint = std::make_shared<Endpoint>(
        std::move(config), std::move(caller), core->services.random, core->services.clock);
    endpoint->journal = core->services.journal;
    // In its place before anything is waited for: of two changes the later one stays.
    core->endpoints.insert_or_assign(id, std::move(endpoint));
    if (!existing) co_return;
    Error why(errc::kNoSuchEndpoint, "the endpoint has another address now");
    co_await core->leave(existing, std::move(why));
}

net::Task<void> EndpointService::remove(wire::EndpointId id) {
    const auto core = core_;
    const auto endpoint = core->find(id);
    if (!endpoint) co_return;
    core->endpoints.erase(id);
    Error why(errc::kNoSuchEndpoint, "the endpoint was removed");
    co_await core->leave(endpoint, std::move(why));
}

void EndpointService::cutRunning(Cut what, const Error& why) {
    if (what == Cut::Everything) core_->running.cutAll(why);
    if (what == Cut::WhatChanges) core_->running.cutWhatChanges(why);
}

void EndpointService::cutWhatIsOver() {
    core_->running.cutWhatIsOver(core_->services.clock.wallNow());
}

void EndpointService::judgeRunning() { core_->running.judgeAgain(); }

void EndpointService::credentialsChanged(const wire::EndpointId& id) {
    const auto endpoint = core_->find(id);
    if (!endpoint) return;
    endpoint->credential_throttle.succeeded({});
    endpoint->credentials_proven.reset();
    endpoint->limitLogins();
}

net::Task<void> EndpointService::dropKey(wire::AccessKeyId key) {
    const auto core = core_;
    const Error why(errc::kInvalidLogin, "the access key was revoked");
    core->running.cutOf(key, why);
    for (const auto& endpoint : core->all()) {
        for (auto* login : endpoint->logins) login->revoked = login->revoked || login->key == key;
        auto ended = endpoint->sessions.takeOf(key);
        endpoint->leases.sweep(endpoint->sessions);  // what runs under its tokens, too
        co_await logoutAll(endpoint, std::move(ended));
    }
}

std::optional<Secret> EndpointService::sessionOfLease(const wire::EndpointId& endpoint,
                                                      const wire::AccessKeyId& key,
                                                      std::string_view lease) const {
    const auto found = core_->find(endpoint);
    const auto session = found ? found->leases.holderOf(key, lease) : nullptr;
    if (!session || !found->sessions.holds(*session)) return std::nullopt;
    auto token = session->token_id + std::string(session->token_proof.revealText());
    return Secret::takeText(token);
}

net::Task<void> EndpointService::serve(http::Exchange& exchange,
                                       wire::EndpointId endpoint,
                                       std::string request_id) {
    const auto core = core_;
    co_await core->serve(exchange, std::move(endpoint), std::move(request_id));
}

net::Task<Result<EndpointReport>> EndpointService::checkEndpoint(wire::EndpointId id) {
    const auto core = core_;
    const auto endpoint = core->find(id);
    if (!endpoint) co_return fail(errc::kNoSuchEndpoint, "the gateway has no such endpoint");
    if (endpoint->config.kind == EndpointKind::Maas) {
        co_return co_await maas::check(core->services, endpoint);
    }
    co_return co_await core->check(endpoint);
}

net::Task<void> EndpointService::endSessionsOfEarlierRuns() {
    const auto core = core_;
    co_await endLeftOvers(core->services, core->all());
}

std::size_t EndpointService::sessionCount(const wire::EndpointId& id) const {
    const auto endpoint = core_->find(id);
    return endpoint ? endpoint->sessions.size() : 0;
}

void EndpointService::start() {
    const auto executor = core_->services.loop.get_executor();
    net::asio::co_spawn(executor, core_->reap(core_), net::asio::detached);
    net::asio::co_spawn(executor, core_->watchWindows(core_), net::asio::detached);
}

net::Task<void> EndpointService::stop(std::chrono::milliseconds bound) {
    const auto core = core_;
    co_await core->stop(bound);
}

}  // namespace pcg::proxy
