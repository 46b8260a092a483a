// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/login.h"

#include "common/log/log.h"
#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"
#include "vcenter-proxy/session_broker.h"

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");

class LoginRun {
  public:
    LoginRun(RequestContext& context, Admitted admitted)
        : context_(context), endpoint_(*context.endpoint), admitted_(std::move(admitted)) {}

    net::Task<void> run();

  private:
    LoginWay wayOfClient() const;
    net::Task<void> accept(const LoginPlace& place,
                           Principal principal,
                           LoginWay way,
                           OwnAnswer answer);
    bool isOver(const LoginPlace& place, const Principal& principal) const;
    net::Task<void> refuse(Error error);
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

LoginWay LoginRun::wayOfClient() const {
    LoginWay way;
    way.session_manager = admitted_.request.call()->object;
    way.locale = arguments_->locale;
    for (const auto name : {"SOAPAction", "User-Agent"}) {
        const auto* value = context_.client.request().headers.find(name);
        if (value != nullptr) way.fields.add(name, *value);
    }
    return way;
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
bool LoginRun::isOver(const LoginPlace& place, const Principal& principal) const {
    const auto& expiry = principal.expires_at;
    return place.revoked() || (expiry && *expiry <= context_.services.clock.wallNow());
}

net::Task<void> LoginRun::accept(const LoginPlace& place,
                                 Principal principal,
                                 LoginWay way,
                                 OwnAnswer answer) {
    auto session = std::make_shared<Session>(std::move(principal));
    const auto taken = takeUpstream(*session, way, answer);
    if (!taken) {
        co_await answerFailure(context_, Surface::Soap, taken.error(), http::Outcome::Unknown);
        co_return;
    }
    co_await noteOpened(context_.services, context_.endpoint, session);
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
               {"role", roleName(opened.session->principal)},
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
    auto principal =
        co_await verifyAccessKey(context_, arguments_->username, std::move(arguments_->password));
    if (!principal) {
        co_await refuse(std::move(principal).error());
        co_return;
    }
    const LoginPlace place(endpoint_, principal->key);
    const auto room = co_await makeRoom(context_.endpoint);
    if (!room) {
        co_await answerFailure(context_, Surface::Soap, room.error(), http::Outcome::NotDispatched);
        co_return;
    }
    const auto way = wayOfClient();
    auto answer = co_await loginUpstream(context_.services, context_.endpoint, way);
    if (!answer) {
        auto failure = std::move(answer).error();
        co_await answerFailure(context_, Surface::Soap, std::move(failure.error), failure.outcome);
        co_return;
    }
    if (answer->head.status != 200) {
        const auto told = co_await answerWith(std::move(answer->head), answer->body, {});
        if (!told) context_.client.abort(told.error());
        co_return;
    }
    co_await accept(place, std::move(*principal), way, std::move(*answer));
}

}  // namespace

net::Task<void> login(RequestContext& context, Admitted admitted) {
    LoginRun run(context, std::move(admitted));
    co_await run.run();
}

}  // namespace pcg::proxy
