// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/login.h"

#include "common/log/log.h"
#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/endpoint/own_call.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");

// One name for all: the endpoint has one account.
constexpr std::string_view kAccount;

// A login that is under way holds a place in the table.
class Place {
  public:
    Place(Endpoint& endpoint, const wire::AccessKeyId& key) : endpoint_(endpoint), login_{key} {
        endpoint_.logins.push_back(&login_);
    }

    ~Place() { std::erase(endpoint_.logins, &login_); }

    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    bool revoked() const { return login_.revoked; }

  private:
    Endpoint& endpoint_;
    LoginUnderWay login_;
};

bool isFull(const Endpoint& endpoint) {
    return endpoint.sessions.size() + endpoint.logins.size() > endpoint.config.limits.max_sessions;
}

class LoginRun {
  public:
    LoginRun(RequestContext& context, Admitted admitted)
        : context_(context), endpoint_(*context.endpoint), admitted_(std::move(admitted)) {}

    net::Task<void> run();

  private:
    net::Task<Result<Principal>> verify();
    net::Task<Result<>> makeRoom();
    net::Task<OwnResult> askEndpoint();
    net::Task<void> accept(const Place& place, Principal principal, OwnAnswer answer);
    bool isOver(const Place& place, const Principal& principal) const;
    net::Task<void> refuse(Error error);
    net::Task<void> passFault(OwnAnswer answer);
    net::Task<Result<>> answerWith(http::ResponseHead head, BytesView body, std::string set_cookie);

    RequestContext& context_;
    Endpoint& endpoint_;
    Admitted admitted_;
    std::optional<LoginArguments> arguments_;
};

// The same answer for every wrong key, as fast as the answer for a right one.
net::Task<void> LoginRun::refuse(Error error) {
    if (!error.is(errc::kInvalidLogin) && !error.is(errc::kLoginThrottled)) {
        co_await answerFailure(
            context_, Surface::Soap, std::move(error), http::Outcome::NotDispatched);
        co_return;
    }
    if (const auto left_out = endpoint_.refusal_lines.next()) {
        kLog.warn("proxy.login_refused",
                  {{"request_id", context_.audit.request_id},
                   {"endpoint", endpoint_.config.name},
                   {"access_key", context_.audit.access_key},
                   {"code", error.code().name()},
                   {"left_out", *left_out}});
    }
    Fault fault;
    fault.kind = FaultKind::InvalidLogin;
    fault.text = "Cannot complete login due to an incorrect user name or password.";
    co_await context_.client.answerFault(
        500, std::move(fault), std::move(error), http::Outcome::NotDispatched);
}

net::Task<Result<Principal>> LoginRun::verify() {
    const auto key = wire::parseAccessKeyId(arguments_->username);
    if (!key) co_return fail(errc::kInvalidLogin, "the user name is not an access key id");
    context_.audit.access_key = key->text();
    const auto wait = endpoint_.key_throttle.waitFor(key->text());
    if (wait.count() > 0) {
        co_return fail(errc::kLoginThrottled,
                       "too many wrong secrets for this access key; wait " +
                           std::to_string(wait.count()) + " ms");
    }
    auto principal = co_await context_.services.keys.verify(
        endpoint_.config.id, *key, std::move(arguments_->password));
    if (principal) {
        context_.audit.key_proven = true;
        endpoint_.key_throttle.succeeded(key->text());
    } else if (principal.error().is(errc::kInvalidLogin)) {
        endpoint_.key_throttle.failed(key->text());
    }
    co_return principal;
}

net::Task<Result<>> LoginRun::makeRoom() {
    if (endpoint_.stopping) co_return fail(errc::kStopping, "the gateway is stopping");
    const auto wait = endpoint_.credential_throttle.waitFor(kAccount);
    if (wait.count() > 0) {
        co_return fail(errc::kCredentialsRejected,
                       endpoint_.config.name +
                           " keeps rejecting the credentials stored in the gateway; nobody is "
                           "logged in for another " +
                           std::to_string(wait.count() / 1000 + 1) +
                           " s so that the account is not locked. Set them again with pcgctl");
    }
    while (isFull(endpoint_)) {
        auto idlest = endpoint_.sessions.evictIdlest();
        if (!idlest) {
            co_return fail(errc::kSessionsExhausted,
                           "all sessions that the gateway may open at " + endpoint_.config.name +
                               " are busy; log out somewhere or try again later");
        }
        co_await logoutUpstream(context_.endpoint, std::move(idlest));
    }
    co_return Result<>();
}

net::Task<OwnResult> LoginRun::askEndpoint() {
    const auto& call = *admitted_.request.call();
    auto body = co_await storedLogin(
        context_.services.vault, context_.endpoint, call.object, arguments_->locale);
    if (!body) {
        co_return tl::unexpected(OwnFailure{body.error(), http::Outcome::NotDispatched});
    }
    OwnCall own;
    for (const auto name : {"SOAPAction", "User-Agent"}) {
        const auto* value = context_.client.request().headers.find(name);
        if (value != nullptr) own.headers.add(name, *value);
    }
    own.body = body->reveal();
    own.deadline = endpoint_.config.limits.login_deadline;
    co_return co_await callEndpoint(context_.endpoint, std::move(own));
}

net::Task<Result<>> LoginRun::answerWith(http::ResponseHead head,
                                         BytesView body,
                                         std::string set_cookie) {
    head.headers = headersForClient(
        std::move(head.headers), endpoint_.config.authority, context_.client.host());
    if (!set_cookie.empty()) head.headers.add("Set-Cookie", std::move(set_cookie));
    head.body = http::BodyFraming::ofLength(body.size());
    PCG_CO_CHECK(co_await context_.client.respond(std::move(head)));
    if (!body.empty()) PCG_CO_CHECK(co_await context_.client.writeBody(body));
    context_.audit.outcome = std::string(nameOf(http::Outcome::Complete));
    co_return co_await context_.client.finish();
}

// The endpoint may have taken its time: whether the key is still good is asked again.
bool LoginRun::isOver(const Place& place, const Principal& principal) const {
    const auto& expiry = principal.expires_at;
    return place.revoked() || (expiry && *expiry <= context_.services.clock.wallNow());
}

net::Task<void> LoginRun::accept(const Place& place, Principal principal, OwnAnswer answer) {
    auto session = std::make_shared<Session>(Session{std::move(principal), {}, {}, {}, {}, {}});
    session->upstream.take(answer.head.headers);
    session->session_manager = admitted_.request.call()->object;
    const auto* action = context_.client.request().headers.find("SOAPAction");
    if (action != nullptr) session->soap_action = *action;
    if (!session->upstream.has(kSessionCookieName)) {
        Error error(errc::kNotAVcenter,
                    endpoint_.config.name + " accepted the login but gave no session cookie");
        co_await answerFailure(context_, Surface::Soap, std::move(error), http::Outcome::Unknown);
        co_return;
    }
    if (endpoint_.stopping) {
        co_await logoutUpstream(context_.endpoint, std::move(session));
        Error error(errc::kStopping, "the gateway is stopping; try again later");
        co_await answerFailure(
            context_, Surface::Soap, std::move(error), http::Outcome::NotDispatched);
        co_return;
    }
    if (isOver(place, session->principal)) {
        co_await logoutUpstream(context_.endpoint, std::move(session));
        Error ended(errc::kInvalidLogin, "the access key ended while it logged in");
        co_await refuse(std::move(ended));
        co_return;
    }
    const auto opened = endpoint_.sessions.open(std::move(session));
    kLog.info("proxy.logged_in",
              {{"endpoint", endpoint_.config.name},
               {"access_key", opened.session->principal.key.text()},
               {"role", roleName(opened.session->principal.role)},
               {"sessions", endpoint_.sessions.size()}});
    auto cookie = sessionSetCookie(opened.token);
    const auto told = co_await answerWith(std::move(answer.head), answer.body, std::move(cookie));
    if (told) co_return;
    // Nobody knows the token: the session would only wait for the reaper.
    context_.client.abort(told.error());
    if (endpoint_.sessions.remove(*opened.session)) {
        co_await logoutUpstream(context_.endpoint, opened.session);
    }
}

net::Task<void> LoginRun::passFault(OwnAnswer answer) {
    if (asText(answer.body).find("InvalidLogin") != std::string_view::npos) {
        endpoint_.credential_throttle.failed(kAccount);
        endpoint_.credentials_proven.reset();
        Error error(errc::kCredentialsRejected,
                    endpoint_.config.name +
                        " rejected the credentials stored in the gateway (your access key is "
                        "right); the data-center admin must set them again with pcgctl");
        co_await answerFailure(
            context_, Surface::Soap, std::move(error), http::Outcome::NotDispatched);
        co_return;
    }
    const auto told = co_await answerWith(std::move(answer.head), answer.body, {});
    if (!told) context_.client.abort(told.error());
}

net::Task<void> LoginRun::run() {
    arguments_ = admitted_.body.envelope->takeLogin();
    const bool whole = admitted_.body.whole;
    admitted_.body.envelope.reset();
    wipe(admitted_.body.bytes);
    admitted_.body.bytes = {};
    if (!whole || !arguments_) {
        Error error(errc::kEnvelopeTooLarge, "a Login must fit into 64 KiB");
        co_await context_.client.answerProblem(413, std::move(error), http::Outcome::NotDispatched);
        co_return;
    }
    auto principal = co_await verify();
    if (!principal) {
        co_await refuse(std::move(principal).error());
        co_return;
    }
    Place place(endpoint_, principal->key);
    const auto room = co_await makeRoom();
    if (!room) {
        co_await answerFailure(context_, Surface::Soap, room.error(), http::Outcome::NotDispatched);
        co_return;
    }
    auto answer = co_await askEndpoint();
    if (!answer) {
        auto failure = std::move(answer).error();
        co_await answerFailure(context_, Surface::Soap, std::move(failure.error), failure.outcome);
        co_return;
    }
    if (answer->head.status != 200) {
        co_await passFault(std::move(*answer));
        co_return;
    }
    endpoint_.credential_throttle.succeeded(kAccount);
    endpoint_.credentials_proven = context_.services.clock.now();
    co_await accept(place, std::move(*principal), std::move(*answer));
}

}  // namespace

net::Task<void> login(RequestContext& context, Admitted admitted) {
    LoginRun run(context, std::move(admitted));
    co_await run.run();
}

}  // namespace pcg::proxy
