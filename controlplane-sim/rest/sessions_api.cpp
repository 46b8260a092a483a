// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/sessions_api.h"

#include "common/base/text.h"
#include "controlplane-sim/tenancy/sessions.h"
#include "controlplane-sim/tenancy/users.h"

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxTyped = 1024;
constexpr std::string_view kCookieRules = "; Path=/; Secure; HttpOnly; SameSite=Strict";

Error signInRefused() {
    return {ErrorCode{ErrorClass::Input, "api.sign_in"},
            "The tenant, the username or the password is not right."};
}

tl::unexpected<Refusal> wrongPassword() {
    return refuse(401, "api.sign_in", signInRefused().message());
}

// What a browser must know of its session; the id itself is in the cookie only.
json::Object describe(const Authenticated& who, std::string_view sessionId) {
    json::Object body;
    body.set("tenant",
             json::Object().set("id", who.scope.tenant().text()).set("name", who.tenantName));
    body.set("username", who.username).set("role", roleName(who.role));
    body.set("csrf_token", Authenticator::csrfToken(sessionId));
    body.set("expires_at", who.sessionEnds ? json::Value(toRfc3339(*who.sessionEnds)) : nullptr);
    body.set("step_up_until",
             who.steppedUpUntil ? json::Value(toRfc3339(*who.steppedUpUntil)) : nullptr);
    return body;
}

std::string accountKey(std::string_view tenant, std::string_view username) {
    return toLowerAscii(tenant) + '\n' + toLowerAscii(username);
}

tl::unexpected<Refusal> needsSession() {
    return refuse(403,
                  "api.session_needed",
                  "This belongs to a session in a browser; an API token has none.");
}

}  // namespace

void SessionsApi::addTo(ApiRoutes& routes) {
    Route signingIn{"POST", "/api/v1/session", Who::Public};
    signingIn.maxBody = 8_KiB;
    signingIn.keepsAnswer = false;
    Route steppingUp{"POST", "/api/v1/session/step-up", Who::Auditor};
    steppingUp.maxBody = 8_KiB;
    steppingUp.keepsAnswer = false;
    routes.add(signingIn, this, &SessionsApi::signIn);
    routes.add({"GET", "/api/v1/session", Who::Auditor}, this, &SessionsApi::get);
    routes.add({"DELETE", "/api/v1/session", Who::Auditor}, this, &SessionsApi::signOut);
    routes.add(steppingUp, this, &SessionsApi::stepUp);
    routes.add({"GET", "/api/v1/me", Who::Auditor}, this, &SessionsApi::me);
    routes.add({"PUT", "/api/v1/me/password", Who::Auditor}, this, &SessionsApi::changePassword);
}

net::Task<Checked<>> SessionsApi::compare(std::string account,
                                          std::string network,
                                          Secret password,
                                          std::string stored) {
    const auto wait = throttle_.admit(account, network, services_.clock.now());
    if (wait) {
        co_return refuseFlood("api.sign_in_throttled",
                              "Too many tries to sign in: wait as long as \"Retry-After\" says. "
                              "If you forgot the password, an admin of your tenant can reset it.",
                              *wait);
    }
    PCG_CO_TRY(const bool same,
               co_await passwords_.matches(std::move(password), std::move(stored)));
    if (!same) co_return wrongPassword();
    throttle_.succeeded(account, network, services_.clock.now());
    co_return Checked<>{};
}

net::Task<Checked<Reply>> SessionsApi::signIn(Call& call) {
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"tenant", "username", "password"}));
    PCG_CO_TRY(const auto tenant, body.string("tenant", kMaxTyped));
    PCG_CO_TRY(const auto username, body.string("username", kMaxTyped));
    PCG_CO_TRY(auto typed, body.string("password", kMaxTyped));
    auto password = Secret::takeText(typed);
    auto lookUp = [tenant = std::string(trimAscii(tenant)),
                   username = std::string(trimAscii(username))](store::Database& database) {
        return Accounts(database).credentials(tenant, username);
    };
    PCG_CO_TRY(const auto known, co_await services_.store.run(std::move(lookUp)));
    if (known) call.actsFor(known->scope, known->username);
    auto account = accountKey(trimAscii(tenant), trimAscii(username));
    auto stored = known ? known->passwordHash : std::string();
    PCG_CO_CHECK(co_await compare(
        std::move(account), call.source(), std::move(password), std::move(stored)));
    if (!known) co_return wrongPassword();  // an empty hash matches nothing: not reached

    auto id = randomSecret(services_.random);
    const auto now = services_.clock.wallNow();
    auto open = [scope = known->scope,
                 username = known->username,
                 digest = crypto::sha256(id),
                 now](store::Database& database) -> Result<std::optional<Authenticated>> {
        Sessions sessions(database);
        PCG_TRY(sessions.open(scope, username, digest, now));
        return sessions.byDigest(digest, now);
    };
    PCG_CO_TRY(const auto who, co_await services_.store.run(std::move(open)));
    if (!who) co_return wrongPassword();  // deleted at this very moment
    Reply reply{200, describe(*who, id), std::nullopt};
    reply.headers.add("Set-Cookie",
                      std::string(kSessionCookie) + "=" + id + std::string(kCookieRules));
    wipe(id);
    co_return reply;
}

net::Task<Checked<Reply>> SessionsApi::get(Call& call) {
    const auto id = Authenticator::sessionId(call.request());
    if (call.who().sessionSha256.empty() || !id) co_return needsSession();
    co_return Reply{200, describe(call.who(), *id), std::nullopt};
}

net::Task<Checked<Reply>> SessionsApi::signOut(Call& call) {
    if (call.who().sessionSha256.empty()) co_return needsSession();
    auto end = [scope = call.scope(), digest = call.who().sessionSha256](
                   store::Database& database) { return Sessions(database).end(scope, digest); };
    PCG_CO_CHECK(co_await services_.store.run(std::move(end)));
    Reply reply{204, {}, std::nullopt};
    reply.headers.add("Set-Cookie",
                      std::string(kSessionCookie) + "=; Max-Age=0" + std::string(kCookieRules));
    // Not "storage": the keys of the gateways that were paired in this browser stay pinned.
    reply.headers.add("Clear-Site-Data", "\"cache\"");
    co_return reply;
}

// The caller's own password, in the named field.
net::Task<Checked<>> SessionsApi::compareOwn(Call& call, std::string_view field) {
    PCG_CO_TRY(auto typed, call.body().string(field, kMaxTyped));
    auto password = Secret::takeText(typed);
    auto lookUp = [scope = call.scope(),
                   username = call.who().username](store::Database& database) {
        return Users(database).passwordHash(scope, username);
    };
    PCG_CO_TRY(auto stored, co_await services_.store.run(std::move(lookUp)));
    auto account = accountKey(call.who().tenantName, call.who().username);
    auto compared = co_await compare(
        std::move(account), call.source(), std::move(password), stored.value_or(std::string()));
    if (!compared && compared.error().status == 401) {
        // Not 401: the session is good, and a browser would be sent to sign in again.
        Refusal refusal(403, "api.password", "The password is not right.", std::string(field));
        co_return tl::unexpected<Refusal>(std::move(refusal));
    }
    co_return compared;
}

net::Task<Checked<Reply>> SessionsApi::stepUp(Call& call) {
    const auto id = Authenticator::sessionId(call.request());
    if (call.who().sessionSha256.empty() || !id) co_return needsSession();
    PCG_CO_CHECK(call.body().only({"password"}));
    PCG_CO_CHECK(co_await compareOwn(call, "password"));
    auto who = call.who();
    who.steppedUpUntil = services_.clock.wallNow() + kStepUpLasts;
    auto note = [scope = who.scope, digest = who.sessionSha256, until = *who.steppedUpUntil](
                    store::Database& database) {
        return Sessions(database).stepUp(scope, digest, until);
    };
    PCG_CO_CHECK(co_await services_.store.run(std::move(note)));
    co_return Reply{200, describe(who, *id), std::nullopt};
}

net::Task<Checked<Reply>> SessionsApi::me(Call& call) {
    const auto& who = call.who();
    Reply reply;
    reply.body.set("tenant",
                   json::Object().set("id", who.scope.tenant().text()).set("name", who.tenantName));
    reply.body.set("username", who.username).set("role", roleName(who.role));
    co_return reply;
}

net::Task<Checked<Reply>> SessionsApi::changePassword(Call& call) {
    const auto body = call.body();
    PCG_CO_CHECK(body.only({"current_password", "new_password"}));
    PCG_CO_TRY(auto typed, body.string("new_password", kMaxTyped));
    auto fresh = Secret::takeText(typed);
    PCG_CO_CHECK(checkNewPassword("new_password", fresh.revealText(), call.who().username));
    PCG_CO_CHECK(co_await compareOwn(call, "current_password"));
    PCG_CO_TRY(auto hash, co_await passwords_.hash(std::move(fresh)));
    auto work = [scope = call.scope(),
                 username = call.who().username,
                 hash = std::move(hash),
                 keep = call.who().sessionSha256](store::Database& database) {
        return Users(database).setPassword(scope, username, hash, keep);
    };
    PCG_CO_CHECK(co_await services_.store.run(std::move(work)));
    co_return Reply{204, {}, std::nullopt};
}

}  // namespace pcg::controlplane::rest
