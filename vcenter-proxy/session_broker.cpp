// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/session_broker.h"

#include "common/codec/base64.h"
#include "common/log/log.h"
#include "vcenter-proxy/endpoint/rest_text.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <utility>

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");

// One name for all: the endpoint has one account.
constexpr std::string_view kAccount;

// How long a login waits for those before it.
constexpr std::chrono::seconds kPatience{30};

bool isFull(const Endpoint& endpoint) {
    return endpoint.sessions.size() + endpoint.logins.size() > endpoint.config.limits.max_sessions;
}

std::string secondsOf(std::chrono::milliseconds wait) {
    return std::to_string(wait.count() / 1000 + 1) + " s";
}

// Whether the endpoint may be asked to log in at this moment.
Result<> mayAsk(const Endpoint& endpoint) {
    const auto& name = endpoint.config.name;
    const auto locked = endpoint.credential_throttle.waitFor(kAccount);
    if (locked.count() > 0) {
        return fail(errc::kCredentialsRejected,
                    name +
                        " keeps rejecting the credentials stored in the gateway; nobody is "
                        "logged in for another " +
                        secondsOf(locked) +
                        " so that the account is not locked. Set them again with pcgctl");
    }
    const auto full = endpoint.full_throttle.waitFor(kAccount);
    if (full.count() > 0) {
        return fail(
            errc::kSessionsExhausted,
            name + " has no room for another session; it is asked again in " + secondsOf(full));
    }
    return {};
}

OwnFailure notDispatched(Error error) { return {std::move(error), http::Outcome::NotDispatched}; }

// A place among those who log in.
class Turn {
  public:
    explicit Turn(Turnstile& turnstile) : turnstile_(turnstile) {}

    ~Turn() { turnstile_.leave(); }

    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    Turnstile& turnstile_;
};

std::string_view loginPath(RestDoor door) {
    return door == RestDoor::Api ? "/api/session" : "/rest/com/vmware/cis/session";
}

// The header field is a copy that nobody wipes, like the body of every message on its way out.
std::string basicOf(const Credential& credential) {
    Bytes pair;
    pair.reserve(credential.username.size() + 1 + credential.password.size());
    append(pair, credential.username.reveal());
    pair.push_back(':');
    append(pair, credential.password.reveal());
    auto field = "Basic " + codec::base64Encode(pair);
    wipe(pair);
    return field;
}

net::Task<OwnResult> askByRest(Services services,
                               std::shared_ptr<Endpoint> endpoint,
                               LoginWay way) {
    const auto credential = co_await storedCredential(services.vault, endpoint);
    if (!credential) co_return tl::unexpected(notDispatched(credential.error()));
    OwnCall own;
    own.target = std::string(loginPath(*way.rest));
    own.headers = std::move(way.fields);
    own.headers.add("Authorization", basicOf(*credential));
    own.headers.add("Accept", "application/json");
    own.headers.add("vmware-use-header-authn", "true");
    own.deadline = endpoint->config.limits.login_deadline;
    co_return co_await callEndpoint(std::move(endpoint), std::move(own));
}

net::Task<OwnResult> askBySoap(Services services,
                               std::shared_ptr<Endpoint> endpoint,
                               LoginWay way) {
    const auto body = co_await storedLogin(
        services.vault, endpoint, std::move(way.session_manager), std::move(way.locale));
    if (!body) co_return tl::unexpected(notDispatched(body.error()));
    OwnCall own;
    own.headers = std::move(way.fields);
    own.body = body->reveal();
    own.deadline = endpoint->config.limits.login_deadline;
    co_return co_await callEndpoint(std::move(endpoint), std::move(own));
}

bool areRejected(const LoginWay& way, const OwnAnswer& answer) {
    if (way.rest) return answer.head.status == 401;
    return answer.head.status != 200 &&
           asText(answer.body).find("InvalidLogin") != std::string_view::npos;
}

// What the endpoint's answer to a login says about the next one.
OwnResult judge(Services& services, Endpoint& endpoint, const LoginWay& way, OwnAnswer answer) {
    if (areRejected(way, answer)) {
        endpoint.credential_throttle.failed(kAccount);
        endpoint.credentials_proven.reset();
        endpoint.limitLogins();
        return tl::unexpected(notDispatched(
            {errc::kCredentialsRejected,
             endpoint.config.name +
                 " rejected the credentials stored in the gateway (your access key is right); "
                 "the data-center admin must set them again with pcgctl"}));
    }
    if (answer.head.status == 503) {
        endpoint.full_throttle.failed(kAccount);
        return tl::unexpected(
            notDispatched({errc::kSessionsExhausted,
                           endpoint.config.name + " has no room for another session; log out "
                                                  "somewhere or try again later"}));
    }
    if (answer.head.status == 200 || answer.head.status == 201) {
        endpoint.credential_throttle.succeeded(kAccount);
        endpoint.limitLogins();
        endpoint.full_throttle.succeeded(kAccount);
        endpoint.credentials_proven = services.clock.now();
    }
    return answer;
}

}  // namespace

LoginPlace::LoginPlace(Endpoint& endpoint, const wire::AccessKeyId& key)
    : endpoint_(endpoint), login_{key} {
    endpoint_.logins.push_back(&login_);
}

LoginPlace::~LoginPlace() { std::erase(endpoint_.logins, &login_); }

net::Task<Result<Principal>> verifyAccessKey(RequestContext& context,
                                             std::string username,
                                             Secret password) {
    auto& endpoint = *context.endpoint;
    const auto key = wire::parseAccessKeyId(username);
    if (!key) co_return fail(errc::kInvalidLogin, "the user name is not an access key id");
    context.audit.access_key = key->text();
    const auto wait = endpoint.key_throttle.waitFor(key->text());
    if (wait.count() > 0) {
        co_return fail(errc::kLoginThrottled,
                       "too many wrong secrets for this access key; wait " +
                           std::to_string(wait.count()) + " ms");
    }
    auto principal =
        co_await context.services.keys.verify(endpoint.config.id, *key, std::move(password));
    if (principal) {
        context.audit.key_proven = true;
        endpoint.key_throttle.succeeded(key->text());
    } else if (principal.error().is(errc::kInvalidLogin)) {
        endpoint.key_throttle.failed(key->text());
    }
    co_return principal;
}

net::Task<Result<>> makeRoom(std::shared_ptr<Endpoint> endpoint) {
    if (endpoint->stopping) co_return fail(errc::kStopping, "the gateway is stopping");
    // Nobody is logged out for a login that will not be made.
    PCG_CO_CHECK(mayAsk(*endpoint));
    while (isFull(*endpoint)) {
        auto idlest = endpoint->sessions.evictIdlest();
        if (!idlest) {
            co_return fail(errc::kSessionsExhausted,
                           "all sessions that the gateway may open at " + endpoint->config.name +
                               " are busy; log out somewhere or try again later");
        }
        co_await logoutUpstream(endpoint, std::move(idlest));
    }
    co_return Result<>();
}

net::Task<OwnResult> loginUpstream(Services services,
                                   std::shared_ptr<Endpoint> endpoint,
                                   LoginWay way) {
    const bool in_time = co_await endpoint->login_turns.enter(kPatience);
    if (!in_time) {
        co_return tl::unexpected(notDispatched(
            {errc::kBusy, endpoint->config.name + " is slow to log in; try again later"}));
    }
    const Turn turn(endpoint->login_turns);
    // Those before may have found out that it is no use.
    const auto may_ask = mayAsk(*endpoint);
    if (!may_ask) co_return tl::unexpected(notDispatched(may_ask.error()));
    auto answer = OwnResult();
    if (way.rest) {
        answer = co_await askByRest(services, endpoint, way);
    } else {
        answer = co_await askBySoap(services, endpoint, way);
    }
    if (!answer) co_return answer;
    co_return judge(services, *endpoint, way, std::move(*answer));
}

Result<> takeUpstream(Session& session, const LoginWay& way, const OwnAnswer& answer) {
    CookieJar jar;
    jar.take(answer.head.headers);
    if (way.rest) {
        auto id = PCG_TRY(parseSessionId(*way.rest, answer.body));
        session.rest_id = std::move(id);
        session.rest_path = loginPath(*way.rest);
    } else if (!jar.has(kSessionCookieName)) {
        return fail(errc::kNotAVcenter,
                    "the endpoint accepted the login but gave no session cookie");
    }
    session.upstream = std::move(jar);
    session.session_manager = way.session_manager;
    session.locale = way.locale;
    const auto* action = way.fields.find("SOAPAction");
    if (action != nullptr) session.soap_action = *action;
    return {};
}

net::Task<void> noteOpened(Services services,
                           std::shared_ptr<Endpoint> endpoint,
                           std::shared_ptr<Session> session) {
    if (services.journal == nullptr) co_return;
    JournalEntry entry;
    entry.endpoint = endpoint->config.id;
    entry.authority = endpoint->config.authority;
    entry.session_manager = session->session_manager.id;
    entry.rest_path = session->rest_path;
    entry.secret =
        session->isRest() ? session->rest_id.clone() : Secret::fromText(session->upstream.header());
    const auto id = co_await services.journal->opened(std::move(entry));
    if (id) {
        session->journal_id = *id;
        co_return;
    }
    kLog.failure(log::Level::Error,
                 "proxy.journal_failed",
                 id.error(),
                 {{"endpoint", endpoint->config.name}});
}

struct Renewal {
    explicit Renewal(net::Executor executor) : over(executor) {
        over.expires_at(net::Timer::time_point::max());
    }

    net::Timer over;
    Result<> result;
};

namespace {

// A vCenter that forgets sessions as fast as they are opened gets no storm of logins.
constexpr std::chrono::seconds kRenewAgainAfter{10};

LoginWay wayOf(const Session& session) {
    LoginWay way;
    if (session.isRest()) {
        way.rest = session.rest_path == loginPath(RestDoor::Api) ? RestDoor::Api : RestDoor::Rest;
    }
    way.session_manager = session.session_manager;
    way.locale = session.locale;
    if (!session.soap_action.empty()) way.fields.add("SOAPAction", session.soap_action);
    return way;
}

net::Task<Result<>> openAnew(Services services,
                             std::shared_ptr<Endpoint> endpoint,
                             std::shared_ptr<Session> session) {
    const auto way = wayOf(*session);
    auto answer = co_await loginUpstream(services, endpoint, way);
    if (!answer) co_return fail(answer.error().error);
    if (answer->head.status != 200 && answer->head.status != 201) {
        co_return fail(errc::kNotAuthenticated, "the endpoint does not open the session anew");
    }
    const auto fresh = std::make_shared<Session>(session->principal);
    PCG_CO_CHECK(takeUpstream(*fresh, way, *answer));
    co_await noteOpened(services, endpoint, fresh);
    // Ended meanwhile: revoked, removed, logged out.
    if (endpoint->stopping || !endpoint->sessions.holds(*session)) {
        co_await logoutUpstream(endpoint, fresh);
        co_return fail(errc::kNotAuthenticated, "the session was ended meanwhile");
    }
    const auto gone = std::exchange(session->journal_id, std::move(fresh->journal_id));
    session->upstream = std::move(fresh->upstream);
    session->rest_id = std::move(fresh->rest_id);
    ++session->generation;
    if (services.journal != nullptr && !gone.empty()) co_await services.journal->closed(gone);
    kLog.info("proxy.session_renewed",
              {{"endpoint", endpoint->config.name}, {"access_key", session->principal.key.text()}});
    co_return Result<>();
}

}  // namespace

net::Task<Result<>> renewSession(Services services,
                                 std::shared_ptr<Endpoint> endpoint,
                                 std::shared_ptr<Session> session,
                                 std::uint64_t seen) {
    if (session->generation != seen) co_return Result<>();  // somebody was faster
    if (const auto renewal = session->renewal) {
        co_await renewal->over.async_wait(net::kAwaitTuple);
        co_return renewal->result;
    }
    const auto now = services.clock.now();
    if (session->renewed_at && now - *session->renewed_at < kRenewAgainAfter) {
        co_return fail(errc::kNotAuthenticated, "the session was opened anew a moment ago");
    }
    const auto executor = co_await net::asio::this_coro::executor;
    const auto renewal = std::make_shared<Renewal>(executor);
    session->renewal = renewal;
    session->renewed_at = now;
    renewal->result = co_await openAnew(services, endpoint, session);
    session->renewal.reset();
    renewal->over.cancel();
    co_return renewal->result;
}

net::Task<void> endLeftOvers(Services services, std::vector<std::shared_ptr<Endpoint>> endpoints) {
    if (services.journal == nullptr) co_return;
    auto entries = co_await services.journal->leftOver();
    if (!entries) {
        kLog.failure(log::Level::Error, "proxy.journal_failed", entries.error(), {});
        co_return;
    }
    const auto nobody = wire::AccessKeyId::unchecked("earlier-run");
    for (auto& entry : *entries) {
        const auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const auto& one) {
            return one->config.id == entry.endpoint && one->config.authority == entry.authority;
        });
        if (found == endpoints.end()) continue;
        auto session =
            std::make_shared<Session>(Principal{nobody, entry.endpoint, Role::Inventory});
        session->session_manager = {"SessionManager", entry.session_manager};
        session->rest_path = entry.rest_path;
        session->journal_id = entry.id;
        if (entry.rest_path.empty()) {
            session->upstream = CookieJar::fromHeader(entry.secret.revealText());
        } else {
            session->rest_id = std::move(entry.secret);
        }
        co_await logoutUpstream(*found, std::move(session));
    }
}

}  // namespace pcg::proxy
