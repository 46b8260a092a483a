// SPDX-License-Identifier: Apache-2.0
// Users, API tokens, tenants, and what a gateway may be called.
#include "test/unit/controlplane/rest/api_fixture.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

class AccountsApi : public RestApi {
  protected:
    AccountsApi() : admin_(makeTenant("acme")) {}

    std::string addUser(const std::string& name, const std::string& role) {
        const auto added = call("POST",
                                "/api/v1/users",
                                admin_,
                                R"({"username":")" + name + R"(","role":")" + role + R"("})");
        EXPECT_EQ(added.answer.status, 201) << added.answerBody;
        return textOf(bodyOf(added), "password");
    }

    test::FakeExchange makeToken(const std::string& by, const std::string& role) {
        return call("POST", "/api/v1/tokens", by, R"({"label":"ci","role":")" + role + R"("})");
    }

    // A token of a user who has only a password: made from a session.
    std::string tokenOf(const std::string& username,
                        const std::string& password,
                        const std::string& role) {
        const auto signedIn = call("POST",
                                   "/api/v1/session",
                                   "",
                                   R"({"tenant":"acme","username":")" + username +
                                       R"(","password":")" + password + R"("})");
        const auto cookie = headerOf(signedIn, "Set-Cookie");
        const http::HeaderList session{{"Cookie", cookie.substr(0, cookie.find(';'))},
                                       {"X-CSRF-Token", textOf(bodyOf(signedIn), "csrf_token")}};
        const auto up = call("POST",
                             "/api/v1/session/step-up",
                             "",
                             R"({"password":")" + password + R"("})",
                             session);
        EXPECT_EQ(up.answer.status, 200) << up.answerBody;
        const auto made = call(
            "POST", "/api/v1/tokens", "", R"({"label":"ci","role":")" + role + R"("})", session);
        EXPECT_EQ(made.answer.status, 201) << made.answerBody;
        return textOf(bodyOf(made), "token");
    }

    std::string admin_;
};

TEST_F(AccountsApi, AUserIsMadeReadChangedAndDeleted) {
    const auto password = addUser("bob", "auditor");
    EXPECT_GE(password.size(), 40U);

    const auto read = call("GET", "/api/v1/users/bob", admin_);
    EXPECT_EQ(textOf(bodyOf(read), "role"), "auditor");
    EXPECT_TRUE(bodyOf(read).find("last_sign_in_at")->isNull());
    const auto changed = call("PATCH",
                              "/api/v1/users/bob",
                              admin_,
                              R"({"role":"operator"})",
                              {{"If-Match", headerOf(read, "ETag")}});
    EXPECT_EQ(textOf(bodyOf(changed), "role"), "operator");
    EXPECT_EQ(call("PATCH",
                   "/api/v1/users/bob",
                   admin_,
                   R"({"role":"admin"})",
                   {{"If-Match", headerOf(read, "ETag")}})
                  .answer.status,
              412);
    EXPECT_EQ((*bodyOf(call("GET", "/api/v1/users", admin_)).array("items", 10))->size(), 2U);
    EXPECT_EQ(call("DELETE", "/api/v1/users/bob", admin_).answer.status, 204);
    EXPECT_EQ(call("GET", "/api/v1/users/bob", admin_).answer.status, 404);
}

TEST_F(AccountsApi, TheLastAdminStays) {
    const auto demoted = call("PATCH", "/api/v1/users/root", admin_, R"({"role":"operator"})");
    EXPECT_EQ(demoted.answer.status, 409);
    EXPECT_EQ(codeOf(demoted), "tenancy.last_admin");
    EXPECT_EQ(call("DELETE", "/api/v1/users/root", admin_).answer.status, 409);

    addUser("second", "admin");
    EXPECT_EQ(call("PATCH", "/api/v1/users/root", admin_, R"({"role":"operator"})").answer.status,
              200);
}

TEST_F(AccountsApi, ATakenUsernameIsAConflictInAnyCase) {
    const auto again =
        call("POST", "/api/v1/users", admin_, R"({"username":"ROOT","role":"admin"})");

    EXPECT_EQ(again.answer.status, 409);
    EXPECT_EQ(textOf(bodyOf(again), "field"), "username");
}

TEST_F(AccountsApi, ARoleChangeCountsAtOnceAlsoForTokens) {
    const auto token = tokenOf("bob", addUser("bob", "admin"), "admin");
    EXPECT_EQ(call("POST", "/api/v1/users", token, R"({"username":"eve","role":"auditor"})")
                  .answer.status,
              201);

    call("PATCH", "/api/v1/users/bob", admin_, R"({"role":"auditor"})");

    const auto refused = call("DELETE", "/api/v1/users/eve", token);
    EXPECT_EQ(refused.answer.status, 403);
    EXPECT_EQ(codeOf(refused), "api.forbidden");
    EXPECT_EQ(call("GET", "/api/v1/users", token).answer.status, 200);
    call("DELETE", "/api/v1/users/bob", admin_);
    EXPECT_EQ(call("GET", "/api/v1/users", token).answer.status, 401);
}

TEST_F(AccountsApi, AResetPasswordIsShownOnceAndTheOldOneIsOver) {
    const auto old = addUser("bob", "auditor");

    const auto reset = call("POST", "/api/v1/users/bob/reset-password", admin_);

    ASSERT_EQ(reset.answer.status, 200) << reset.answerBody;
    const auto signIn = [&](const std::string& password) {
        return call("POST",
                    "/api/v1/session",
                    "",
                    R"({"tenant":"acme","username":"bob","password":")" + password + R"("})")
            .answer.status;
    };
    EXPECT_EQ(signIn(old), 401);
    EXPECT_EQ(signIn(textOf(bodyOf(reset), "password")), 200);
}

TEST_F(AccountsApi, ATokenNeverDoesMoreThanItsMaker) {
    const auto token = tokenOf("bob", addUser("bob", "operator"), "auditor");

    const auto more = makeToken(token, "operator");
    EXPECT_EQ(more.answer.status, 400);
    EXPECT_EQ(textOf(bodyOf(more), "field"), "role");
    EXPECT_EQ(makeToken(token, "auditor").answer.status, 201);
    EXPECT_EQ(
        call("POST", "/api/v1/users", token, R"({"username":"x","role":"auditor"})").answer.status,
        403);
}

TEST_F(AccountsApi, EverybodySeesTheirOwnTokensAndAnAdminAll) {
    const auto bob = tokenOf("bob", addUser("bob", "operator"), "operator");
    const auto items = [&](const std::string& by) {
        return (*bodyOf(call("GET", "/api/v1/tokens", by)).array("items", 100))->size();
    };
    const auto adminsId = textOf(bodyOf(makeToken(admin_, "auditor")), "id");

    EXPECT_EQ(items(bob), 1U);
    EXPECT_EQ(items(admin_), 3U);
    EXPECT_EQ(call("DELETE", "/api/v1/tokens/" + adminsId, bob).answer.status, 404);
    EXPECT_EQ(call("DELETE", "/api/v1/tokens/" + adminsId, admin_).answer.status, 204);
    EXPECT_EQ(call("DELETE", "/api/v1/tokens/" + adminsId, admin_).answer.status, 404);
}

TEST_F(AccountsApi, ATokenMadeWithATokenDoesNotOutliveIt) {
    const auto made = call(
        "POST", "/api/v1/tokens", admin_, R"({"label":"short","role":"admin","expires_in_s":60})");
    const auto token = textOf(bodyOf(made), "token");
    const auto ends = textOf(bodyOf(made), "expires_at");
    const auto expiry = [&](const std::string& by, const std::string& wanted) {
        return textOf(
            bodyOf(call(
                "POST", "/api/v1/tokens", by, R"({"label":"more","role":"admin")" + wanted + "}")),
            "expires_at");
    };

    EXPECT_EQ(expiry(token, ""), ends);
    EXPECT_EQ(expiry(token, R"(,"expires_in_s":3600)"), ends);
    EXPECT_EQ(expiry(admin_, R"(,"expires_in_s":60)"), ends);
}

TEST_F(AccountsApi, AResetPasswordRevokesTheUsersTokensUnlessTheyAreToBeKept) {
    const auto password = addUser("bob", "auditor");
    const auto token = tokenOf("bob", password, "auditor");

    EXPECT_EQ(call("POST", "/api/v1/users/bob/reset-password", admin_, R"({"keep_tokens":true})")
                  .answer.status,
              200);
    EXPECT_EQ(call("GET", "/api/v1/me", token).answer.status, 200);
    EXPECT_EQ(call("POST", "/api/v1/users/bob/reset-password", admin_).answer.status, 200);
    EXPECT_EQ(call("GET", "/api/v1/me", token).answer.status, 401);
    EXPECT_EQ(call("GET", "/api/v1/me", admin_).answer.status, 200);
}

TEST_F(AccountsApi, ATokenExpires) {
    const auto made = call("POST",
                           "/api/v1/tokens",
                           admin_,
                           R"({"label":"short","role":"auditor","expires_in_s":60})");
    const auto token = textOf(bodyOf(made), "token");

    EXPECT_EQ(call("GET", "/api/v1/me", token).answer.status, 200);
    clock_.advance(std::chrono::seconds(60));
    EXPECT_EQ(call("GET", "/api/v1/me", token).answer.status, 401);
}

TEST_F(AccountsApi, AGatewayGetsAVisibleNameThatNoOtherHas) {
    const auto path = "/api/v1/gateways/" + makeGateway("dc1", 'A');
    makeGateway("dc2", 'B');
    const auto rename = [&](const std::string& name) {
        return call("PATCH", path, admin_, json::write(json::Object().set("name", name)));
    };

    EXPECT_EQ(rename("Rechenzentrum Köln").answer.status, 200);
    const auto taken = rename("dc2");
    EXPECT_EQ(taken.answer.status, 409);
    EXPECT_EQ(textOf(bodyOf(taken), "field"), "name");
    for (const auto& bad : {std::string("a\x1b[2Jb"),
                            std::string("a\xe2\x80\xae"
                                        "b"),
                            std::string("a\nb"),
                            std::string(10'000, 'a'),
                            std::string(65, 'a'),
                            std::string("  "),
                            std::string("zero\xe2\x80\x8bwidth")}) {
        const auto refused = rename(bad);
        EXPECT_EQ(refused.answer.status, 400) << bad.substr(0, 20);
        EXPECT_EQ(textOf(bodyOf(refused), "field"), "name");
    }
}

TEST_F(AccountsApi, GatewaysAreFoundByTextAndByState) {
    live_.online.insert(makeGateway("berlin-1", 'A'));
    makeGateway("berlin-2", 'B');
    makeGateway("oslo", 'C');
    const auto count = [&](const std::string& query) {
        return (*bodyOf(call("GET", "/api/v1/gateways" + query, admin_)).array("items", 10))
            ->size();
    };

    EXPECT_EQ(count("?q=BERLIN"), 2U);
    EXPECT_EQ(count("?q=berlin&state=online"), 1U);
    EXPECT_EQ(count("?state=offline"), 2U);
    EXPECT_EQ(count("?state=pairing"), 0U);
    EXPECT_EQ(call("GET", "/api/v1/gateways?state=up", admin_).answer.status, 400);
}

TEST_F(AccountsApi, OnlyThePlatformsOperatorDeletesATenantAndOnlyAsItWasSeen) {
    const auto umbra = makeTenantWithAdmin("umbra");
    const auto path = "/api/v1/tenants/" + umbra.id;

    EXPECT_EQ(call("DELETE", path, admin_).answer.status, 401);
    EXPECT_EQ(call("DELETE", path, "operator-token", "", {{"If-Match", "\"other\""}}).answer.status,
              412);
    EXPECT_EQ(care_.left, std::vector<std::string>{});
    EXPECT_EQ(call("DELETE", path, "operator-token").answer.status, 204);
    EXPECT_EQ(care_.left, std::vector<std::string>{umbra.id});
}

TEST_F(AccountsApi, ForeignUsersAndTokensAreNotFound) {
    const auto umbra = makeTenant("umbra");
    addUser("bob", "auditor");
    const auto id = textOf(bodyOf(makeToken(admin_, "auditor")), "id");

    EXPECT_EQ(call("GET", "/api/v1/users/bob", umbra).answer.status, 404);
    EXPECT_EQ(call("DELETE", "/api/v1/users/bob", umbra).answer.status, 404);
    EXPECT_EQ(call("DELETE", "/api/v1/tokens/" + id, umbra).answer.status, 404);
    EXPECT_EQ(call("GET", "/api/v1/users/bob", umbra).answerBody,
              call("GET", "/api/v1/users/nobody", umbra).answerBody);
}

TEST_F(AccountsApi, EveryChangeAndEveryTryToSignInLeavesARowWithoutASecret) {
    const auto made = bodyOf(makeToken(admin_, "auditor"));
    const auto signIn = [this](const std::string& password) {
        return call("POST",
                    "/api/v1/session",
                    "",
                    R"({"tenant":"acme","username":"root","password":")" + password + R"("})");
    };
    EXPECT_EQ(signIn("hunter2-canary").answer.status, 401);
    EXPECT_EQ(call("DELETE", "/api/v1/users/root", textOf(made, "token")).answer.status, 403);

    std::vector<std::string> seen;
    for (const auto& event : audit_.events) {
        seen.push_back(event.action + " " + std::string(nameOf(event.outcome)));
        for (const auto& secret : {textOf(made, "token"), std::string("hunter2-canary")}) {
            for (const auto* text :
                 {&event.actor.name, &event.target.id, &event.target.name, &event.detail})
                EXPECT_EQ(text->find(secret), std::string::npos);
        }
    }
    for (const auto* wanted : {"token.add success", "session.add refused", "user.remove refused"})
        EXPECT_EQ(std::count(seen.begin(), seen.end(), wanted), 1) << wanted;
}

}  // namespace
}  // namespace pcg::controlplane
