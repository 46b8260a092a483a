// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/rest_login.h"

#include "common/base/text.h"
#include "common/log/log.h"
#include "vcenter-proxy/endpoint/basic_credentials.h"
#include "vcenter-proxy/endpoint/rest_text.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"
#include "vcenter-proxy/session_broker.h"

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");

class RestLogin {
  public:
    RestLogin(RequestContext& context, RestCall call)
        : context_(context),
          endpoint_(*context.endpoint),
          call_(std::move(call)),
          surface_(call_.door == RestDoor::Api ? Surface::Api : Surface::Rest) {}

    net::Task<void> run();

  private:
    net::Task<Result<Principal>> verify();
    net::Task<void> refuse(Error error);
    net::Task<void> accept(const LoginPlace& place, Principal principal, OwnAnswer answer);
    net::Task<Result<>> tell(std::string token);
    LoginWay way() const;

    RequestContext& context_;
    Endpoint& endpoint_;
    RestCall call_;
    Surface surface_;
};

LoginWay RestLogin::way() const {
    LoginWay way;
    way.rest = call_.door;
    const auto* agent = context_.client.request().headers.find("User-Agent");
    if (agent != nullptr) way.fields.add("User-Agent", *agent);
    return way;
}

net::Task<Result<Principal>> RestLogin::verify() {
    const auto& headers = context_.client.request().headers;
    PCG_CO_TRY(auto shown, basicCredentials(headers, "Authorization"));
    co_return co_await verifyAccessKey(
        context_, std::move(shown.username), std::move(shown.password));
}

// The same answer for every wrong key.
net::Task<void> RestLogin::refuse(Error error) {
    if (!error.is(errc::kInvalidLogin) && !error.is(errc::kLoginThrottled)) {
        co_await answerFailure(context_, surface_, std::move(error), http::Outcome::NotDispatched);
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
    auto body = restErrorBody(call_.door, 401, "Authentication required: wrong access key.");
    co_await context_.client.answerJson(
        401, std::move(body), std::move(error), http::Outcome::NotDispatched);
}

net::Task<Result<>> RestLogin::tell(std::string token) {
    const bool api = call_.door == RestDoor::Api;
    const auto* by_header = context_.client.request().headers.find("vmware-use-header-authn");
    http::ResponseHead head;
    head.status = api ? 201 : 200;
    head.headers.add("Content-Type", "application/json");
    head.headers.add("Cache-Control", "no-store");
    if (by_header == nullptr || !equalsIgnoreCaseAscii(*by_header, "true")) {
        head.headers.add("Set-Cookie", restSetCookie(token, api ? "/api" : "/rest"));
    }
    const auto body = sessionIdBody(call_.door, token);
    head.body = http::BodyFraming::ofLength(body.size());
    PCG_CO_CHECK(co_await context_.client.respond(std::move(head)));
    PCG_CO_CHECK(co_await context_.client.writeBody(asBytes(body)));
    context_.audit.outcome = std::string(nameOf(http::Outcome::Complete));
    co_return co_await context_.client.finish();
}

net::Task<void> RestLogin::accept(const LoginPlace& place, Principal principal, OwnAnswer answer) {
    auto session = std::make_shared<Session>(std::move(principal));
    const auto taken = takeUpstream(*session, way(), answer);
    if (!taken) {
        co_await answerFailure(context_, surface_, taken.error(), http::Outcome::Unknown);
        co_return;
    }
    co_await noteOpened(context_.services, context_.endpoint, session);
    const auto& expiry = session->principal.expires_at;
    const bool over = place.revoked() || (expiry && *expiry <= context_.services.clock.wallNow());
    if (endpoint_.stopping || over) {
        co_await logoutUpstream(context_.endpoint, std::move(session));
        Error why(over ? errc::kInvalidLogin : errc::kStopping,
                  over ? "the access key ended while it logged in"
                       : "the gateway is stopping; try again later");
        co_await refuse(std::move(why));
        co_return;
    }
    const auto opened = endpoint_.sessions.open(std::move(session));
    kLog.info("proxy.logged_in",
              {{"endpoint", endpoint_.config.name},
               {"access_key", opened.session->principal.key.text()},
               {"role", roleName(opened.session->principal)},
               {"door", surfaceName(surface_)},
               {"sessions", endpoint_.sessions.size()}});
    const auto told = co_await tell(opened.token);
    if (told) co_return;
    // Nobody knows the token: the session would only wait for the reaper.
    context_.client.abort(told.error());
    if (endpoint_.sessions.remove(*opened.session)) {
        co_await logoutUpstream(context_.endpoint, opened.session);
    }
}

net::Task<void> RestLogin::run() {
    auto principal = co_await verify();
    if (!principal) {
        co_await refuse(std::move(principal).error());
        co_return;
    }
    const LoginPlace place(endpoint_, principal->key);
    const auto room = co_await makeRoom(context_.endpoint);
    if (!room) {
        co_await answerFailure(context_, surface_, room.error(), http::Outcome::NotDispatched);
        co_return;
    }
    auto answer = co_await loginUpstream(context_.services, context_.endpoint, way());
    if (!answer) {
        auto failure = std::move(answer).error();
        co_await answerFailure(context_, surface_, std::move(failure.error), failure.outcome);
        co_return;
    }
    const int status = answer->head.status;
    if (status != 200 && status != 201) {
        Error error(errc::kUpstreamUnreachable,
                    endpoint_.config.name + " answers a REST login with " + std::to_string(status) +
                        "; nobody was logged in");
        co_await answerFailure(context_, surface_, std::move(error), http::Outcome::NotDispatched);
        co_return;
    }
    co_await accept(place, std::move(*principal), std::move(*answer));
}

}  // namespace

net::Task<void> restLogin(RequestContext& context, RestCall call) {
    RestLogin login(context, std::move(call));
    co_await login.run();
}

}  // namespace pcg::proxy
