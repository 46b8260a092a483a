// SPDX-License-Identifier: Apache-2.0
#include "test/unit/controlplane/rest/api_fixture.h"

namespace pcg::controlplane {
namespace {

using namespace std::chrono_literals;

class SignIn : public RestApi {
  protected:
    SignIn() : acme_(makeTenantWithAdmin("acme")) {}

    struct Browser {
        std::string cookie;
        std::string csrf;
    };

    test::FakeExchange signIn(const std::string& tenant,
                              const std::string& username,
                              const std::string& password) {
        return call("POST",
                    "/api/v1/session",
                    "",
                    json::write(json::Object()
                                    .set("tenant", tenant)
                                    .set("username", username)
                                    .set("password", password)));
    }

    Browser browser(const test::FakeExchange& answer) {
        EXPECT_EQ(answer.answer.status, 200) << answer.answerBody;
        const auto cookie = headerOf(answer, "Set-Cookie");
        return {cookie.substr(0, cookie.find(';')), textOf(bodyOf(answer), "csrf_token")};
    }

    Browser signedIn() { return browser(signIn("acme", "root", acme_.password)); }

    test::FakeExchange asBrowser(const Browser& who,
                                 const std::string& method,
                                 const std::string& target,
                                 const std::string& body = {},
                                 http::HeaderList headers = {}) {
        headers.add("Cookie", "theme=dark; " + who.cookie);
        if (method != "GET" && headers.find("X-CSRF-Token") == nullptr)
            headers.add("X-CSRF-Token", who.csrf);
        return call(method, target, "", body, headers);
    }

    Browser steppedUp() {
        const auto who = signedIn();
        const auto up = asBrowser(
            who, "POST", "/api/v1/session/step-up", R"({"password":")" + acme_.password + R"("})");
        EXPECT_EQ(up.answer.status, 200) << up.answerBody;
        return who;
    }

    MadeTenant acme_;
};

TEST_F(SignIn, GivesACookieThatScriptsAndOtherSitesNeverSee) {
    const auto answer = signIn(" ACME ", "Root", acme_.password);

    const auto cookie = headerOf(answer, "Set-Cookie");
    EXPECT_EQ(answer.answer.status, 200) << answer.answerBody;
    EXPECT_EQ(cookie.rfind("__Host-pcg_session=", 0), 0U) << cookie;
    for (const auto* rule : {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"})
        EXPECT_NE(cookie.find(rule), std::string::npos) << cookie;
    EXPECT_EQ(answer.answerBody.find(cookie.substr(19, 20)), std::string::npos);
    const auto body = bodyOf(answer);
    EXPECT_EQ(textOf(body, "username"), "root");
    EXPECT_EQ(textOf(body, "role"), "admin");
    EXPECT_EQ(asBrowser(browser(answer), "GET", "/api/v1/me").answer.status, 200);
}

TEST_F(SignIn, AWrongPasswordAnUnknownUserAndAnUnknownTenantGetTheSameWords) {
    const auto wrong = signIn("acme", "root", "not the password");
    const auto nobody = signIn("acme", "nobody", acme_.password);
    const auto nowhere = signIn("elsewhere", "root", acme_.password);

    EXPECT_EQ(wrong.answer.status, 401);
    EXPECT_EQ(wrong.answerBody, nobody.answerBody);
    EXPECT_EQ(wrong.answerBody, nowhere.answerBody);
    EXPECT_EQ(headerOf(wrong, "Set-Cookie"), "");
}

TEST_F(SignIn, GuessingIsThrottledAndTheOwnerGetsInAfterTheWait) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(signIn("acme", "root", "guess").answer.status, 401) << i;

    const auto throttled = signIn("acme", "root", acme_.password);
    EXPECT_EQ(throttled.answer.status, 429);
    EXPECT_EQ(headerOf(throttled, "Retry-After"), "1");
    clock_.advance(1s);
    EXPECT_EQ(signIn("acme", "root", acme_.password).answer.status, 200);
}

TEST_F(SignIn, AChangeNeedsTheSessionsCsrfToken) {
    const auto one = steppedUp();
    const auto other = signedIn();
    const std::string body = R"({"username":"bob","role":"auditor"})";

    EXPECT_EQ(call("POST", "/api/v1/users", "", body, {{"Cookie", one.cookie}}).answer.status, 403);
    const auto foreign =
        asBrowser(one, "POST", "/api/v1/users", body, {{"X-CSRF-Token", other.csrf}});
    EXPECT_EQ(foreign.answer.status, 403);
    EXPECT_EQ(codeOf(foreign), "api.csrf");
    EXPECT_EQ(asBrowser(one, "POST", "/api/v1/users", body, {{"Sec-Fetch-Site", "cross-site"}})
                  .answer.status,
              403);
    EXPECT_EQ(asBrowser(one, "POST", "/api/v1/users", body).answer.status, 201);
}

TEST_F(SignIn, VouchingForAGatewayTakesThePasswordAgainAndIsAudited) {
    const auto id = makeGateway("dc1");
    const auto recovery = "/api/v1/gateways/" + id + "/recovery";
    const auto one = signedIn();
    EXPECT_EQ(
        asBrowser(
            one, "POST", "/api/v1/session/step-up", R"({"password":")" + acme_.password + R"("})")
            .answer.status,
        200);
    clock_.advance(5min);
    audit_.events.clear();

    const auto refused = asBrowser(one, "POST", recovery);
    EXPECT_EQ(refused.answer.status, 403);
    EXPECT_EQ(codeOf(refused), "api.step_up");
    EXPECT_EQ(
        asBrowser(
            one, "POST", "/api/v1/session/step-up", R"({"password":")" + acme_.password + R"("})")
            .answer.status,
        200);
    EXPECT_EQ(asBrowser(one, "POST", recovery).answer.status, 200);

    std::vector<std::pair<std::string, AuditOutcome>> rows;
    for (const auto& event : audit_.events) {
        if (event.action != "gateway.recovery") continue;
        EXPECT_EQ(event.target.id, id);
        EXPECT_EQ(event.actor.name, "root");
        rows.emplace_back(event.action, event.outcome);
    }
    EXPECT_EQ(rows,
              (std::vector<std::pair<std::string, AuditOutcome>>{
                  {"gateway.recovery", AuditOutcome::Refused},
                  {"gateway.recovery", AuditOutcome::Success}}));
}

TEST_F(SignIn, WhatAPageAsksByItselfKeepsNoSessionAlive) {
    for (const http::Header& mark :
         {http::Header{"Pcg-Unattended", "1"}, http::Header{"Accept", "text/event-stream"}}) {
        http::HeaderList headers;
        headers.add(mark.name, mark.value);
        const auto left = signedIn();
        clock_.advance(20min);
        EXPECT_EQ(asBrowser(left, "GET", "/api/v1/session", {}, headers).answer.status, 200);
        clock_.advance(10min);
        EXPECT_EQ(asBrowser(left, "GET", "/api/v1/session", {}, headers).answer.status, 401)
            << mark.name;
    }
}

TEST_F(SignIn, ASessionEndsWhenIdleForHalfAnHourAndAfterTwelveHoursAnyway) {
    const auto idle = signedIn();
    clock_.advance(29min);
    EXPECT_EQ(asBrowser(idle, "GET", "/api/v1/session").answer.status, 200);
    clock_.advance(29min);
    EXPECT_EQ(asBrowser(idle, "GET", "/api/v1/session").answer.status, 200);
    clock_.advance(30min);
    EXPECT_EQ(asBrowser(idle, "GET", "/api/v1/session").answer.status, 401);

    const auto busy = signedIn();
    for (int i = 0; i < 35; ++i) {
        clock_.advance(20min);
        EXPECT_EQ(asBrowser(busy, "GET", "/api/v1/session").answer.status, 200) << i;
    }
    clock_.advance(20min);
    EXPECT_EQ(asBrowser(busy, "GET", "/api/v1/session").answer.status, 401);
}

TEST_F(SignIn, SigningOutEndsTheSession) {
    const auto who = signedIn();

    const auto out = asBrowser(who, "DELETE", "/api/v1/session");

    EXPECT_EQ(out.answer.status, 204);
    EXPECT_NE(headerOf(out, "Set-Cookie").find("Max-Age=0"), std::string::npos);
    EXPECT_EQ(asBrowser(who, "GET", "/api/v1/session").answer.status, 401);
}

TEST_F(SignIn, ThePasswordAgainStepsTheSessionUpForFiveMinutes) {
    const auto who = signedIn();
    const auto wrong =
        asBrowser(who, "POST", "/api/v1/session/step-up", R"({"password":"not the one"})");
    EXPECT_EQ(wrong.answer.status, 403);
    EXPECT_EQ(textOf(bodyOf(wrong), "field"), "password");
    EXPECT_TRUE(bodyOf(asBrowser(who, "GET", "/api/v1/session")).find("step_up_until")->isNull());

    const auto up = asBrowser(
        who, "POST", "/api/v1/session/step-up", R"({"password":")" + acme_.password + R"("})");

    EXPECT_EQ(up.answer.status, 200) << up.answerBody;
    const auto until = textOf(bodyOf(up), "step_up_until");
    EXPECT_EQ(until, toRfc3339(clock_.wallNow() + 5min));
    EXPECT_EQ(textOf(bodyOf(asBrowser(who, "GET", "/api/v1/session")), "step_up_until"), until);
}

TEST_F(SignIn, WhatMakesOrMovesCredentialsTakesThePasswordAgain) {
    const auto who = signedIn();
    const std::string endpoints = "/api/v1/gateways/gw_00000000000000000000000000/endpoints";
    const std::string one = endpoints + "/ep_00000000000000000000000000";
    const std::pair<const char*, std::string> guarded[] = {
        {"POST", "/api/v1/tokens"},
        {"POST", "/api/v1/users"},
        {"PATCH", "/api/v1/users/root"},
        {"POST", "/api/v1/users/root/reset-password"},
        {"POST", endpoints},
        {"PATCH", one},
        {"POST", one + "/certificate"},
        {"POST", one + "/keys"},
    };
    for (const auto& [method, path] : guarded) {
        const auto refused = asBrowser(who, method, path, "{}");
        EXPECT_EQ(refused.answer.status, 403) << path;
        EXPECT_EQ(codeOf(refused), "api.step_up") << path;
    }

    const auto up = steppedUp();
    for (const auto& [method, path] : guarded) {
        if (path.ends_with("reset-password")) continue;  // it would end this very session
        EXPECT_NE(codeOf(asBrowser(up, method, path, "{}")), "api.step_up") << path;
    }
    clock_.advance(5min);
    EXPECT_EQ(codeOf(asBrowser(up, "POST", "/api/v1/tokens", "{}")), "api.step_up");
}

TEST_F(SignIn, AnApiTokenHasNoSession) {
    EXPECT_EQ(call("GET", "/api/v1/session", acme_.token).answer.status, 403);
    EXPECT_EQ(
        call("POST", "/api/v1/session/step-up", acme_.token, R"({"password":"x"})").answer.status,
        403);
}

TEST_F(SignIn, ANewPasswordEndsTheOtherSessionsAndKeepsThisOne) {
    const auto here = signedIn();
    const auto there = signedIn();
    const std::string fresh = "correct horse battery";
    const auto change = [&](const std::string& current, const std::string& next) {
        return asBrowser(
            here,
            "PUT",
            "/api/v1/me/password",
            R"({"current_password":")" + current + R"(","new_password":")" + next + R"("})");
    };

    EXPECT_EQ(textOf(bodyOf(change("wrong password", fresh)), "field"), "current_password");
    EXPECT_EQ(textOf(bodyOf(change(acme_.password, "short")), "field"), "new_password");
    EXPECT_EQ(change(acme_.password, fresh).answer.status, 204);

    EXPECT_EQ(asBrowser(here, "GET", "/api/v1/me").answer.status, 200);
    EXPECT_EQ(asBrowser(there, "GET", "/api/v1/me").answer.status, 401);
    EXPECT_EQ(signIn("acme", "root", acme_.password).answer.status, 401);
    EXPECT_EQ(signIn("acme", "root", fresh).answer.status, 200);
}

TEST_F(SignIn, ASessionIsNotReadableInTheDatabase) {
    const auto who = signedIn();
    store_.stop();

    const auto id = who.cookie.substr(who.cookie.find('=') + 1);
    for (const auto* name : {"cp.db", "cp.db-wal"})
        EXPECT_EQ(test::readFile(dir_ / name).find(id), std::string::npos) << name;
}

TEST_F(SignIn, TwoSessionCookiesAreNone) {
    const auto who = signedIn();

    EXPECT_EQ(call("GET", "/api/v1/me", "", {}, {{"Cookie", who.cookie + "; " + who.cookie}})
                  .answer.status,
              401);
}

}  // namespace
}  // namespace pcg::controlplane
