// SPDX-License-Identifier: Apache-2.0
// What every route has from ApiRoutes: shown on the routes that are there.
#include "test/unit/controlplane/rest/api_fixture.h"

namespace pcg::controlplane {
namespace {

constexpr auto kBody = R"({"name":"acme","admin_username":"root"})";

class ApiRules : public RestApi {};

TEST_F(ApiRules, ARepeatedPostUnderItsKeyDoesNothingTwiceAndAnswersTheSame) {
    const http::HeaderList key{{"Idempotency-Key", "5f1c"}};

    const auto first = call("POST", "/api/v1/tenants", "operator-token", kBody, key);
    const auto again = call("POST", "/api/v1/tenants", "operator-token", kBody, key);

    EXPECT_EQ(first.answer.status, 201) << first.answerBody;
    EXPECT_EQ(again.answer.status, 201);
    EXPECT_EQ(again.answerBody, first.answerBody);
    EXPECT_EQ(headerOf(first, "Idempotency-Replayed"), "");
    EXPECT_EQ(headerOf(again, "Idempotency-Replayed"), "true");
    EXPECT_EQ(lifecycle_.created.size(), 1U);
}

TEST_F(ApiRules, OneCallersKeysDoNotUseUpThoseOfItsTenant) {
    const auto tenant = makeTenantWithAdmin("acme");
    const std::string body = R"({"label":"ci","role":"auditor"})";
    const auto other =
        call("POST", "/api/v1/tokens", tenant.token, R"({"label":"ci","role":"admin"})");
    const auto otherId = textOf(bodyOf(other), "id");
    ASSERT_TRUE(store_.post([=, now = clock_.wallNow()](store::Database& database) {
        return database.execute(
            "INSERT INTO idempotency_keys (tenant_id, principal, key, request_sha256, status, "
            "at_ms) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "SELECT ?, ?, 'k' || i, x'00', 201, ? FROM n",
            {rest::Idempotency::kMaxPerPrincipal,
             tenant.id,
             "token:" + otherId,
             toUnixMilliseconds(now)});
    }));

    const auto refused = call("POST",
                              "/api/v1/tokens",
                              textOf(bodyOf(other), "token"),
                              body,
                              {{"Idempotency-Key", "another"}});
    EXPECT_EQ(refused.answer.status, 429);
    EXPECT_EQ(codeOf(refused), "api.idempotency_full");
    EXPECT_EQ(call("POST", "/api/v1/tokens", tenant.token, body, {{"Idempotency-Key", "another"}})
                  .answer.status,
              201);
}

TEST_F(ApiRules, AKeptAnswerIsNotReadableInTheDatabase) {
    const auto made = call(
        "POST", "/api/v1/tenants", "operator-token", kBody, {{"Idempotency-Key", "once-only"}});
    const auto token = textOf(bodyOf(made), "api_token");
    store_.stop();

    for (const auto* name : {"cp.db", "cp.db-wal"})
        EXPECT_EQ(test::readFile(dir_ / name).find(token), std::string::npos) << name;
}

TEST_F(ApiRules, AKeyIsNotForAnotherRequest) {
    const http::HeaderList key{{"Idempotency-Key", "5f1c"}};
    call("POST", "/api/v1/tenants", "operator-token", kBody, key);

    const auto other = call("POST",
                            "/api/v1/tenants",
                            "operator-token",
                            R"({"name":"umbra","admin_username":"root"})",
                            key);

    EXPECT_EQ(other.answer.status, 422);
    EXPECT_EQ(codeOf(other), "api.idempotency_reused");
}

TEST_F(ApiRules, ARefusedRequestLeavesItsKeyFree) {
    makeTenant("acme");
    const http::HeaderList key{{"Idempotency-Key", "5f1c"}};

    EXPECT_EQ(call("POST", "/api/v1/tenants", "operator-token", kBody, key).answer.status, 409);
    const auto other = call("POST",
                            "/api/v1/tenants",
                            "operator-token",
                            R"({"name":"umbra","admin_username":"root"})",
                            key);

    EXPECT_EQ(other.answer.status, 201) << other.answerBody;
}

TEST_F(ApiRules, AKeyIsForgottenAfterADay) {
    const http::HeaderList key{{"Idempotency-Key", "5f1c"}};
    call("POST", "/api/v1/tenants", "operator-token", kBody, key);
    clock_.advance(std::chrono::hours(24) + std::chrono::seconds(1));

    const auto later = call("POST", "/api/v1/tenants", "operator-token", kBody, key);

    EXPECT_EQ(later.answer.status, 409);
    EXPECT_EQ(codeOf(later), "tenancy.name_taken");
}

TEST_F(ApiRules, AnInterruptedRequestIsNotRunAgainUnderItsKey) {
    ASSERT_TRUE(store_.post([now = clock_.wallNow()](store::Database& database) {
        crypto::Sha256 hash;
        const auto digest = hash.update("POST")
                                .update(" ")
                                .update("/api/v1/tenants")
                                .update("\n")
                                .update(kBody)
                                .finish();
        return database.execute(
            "INSERT INTO idempotency_keys VALUES ('', 'platform', 'cut', ?, 0, "
            "NULL, ?)",
            {BytesView(digest), toUnixMilliseconds(now)});
    }));

    const auto answer =
        call("POST", "/api/v1/tenants", "operator-token", kBody, {{"Idempotency-Key", "cut"}});

    EXPECT_EQ(answer.answer.status, 409);
    EXPECT_EQ(codeOf(answer), "api.idempotency_interrupted");
    EXPECT_TRUE(lifecycle_.created.empty());
}

TEST_F(ApiRules, AKeyOfTheWrongFormIsNamed) {
    for (const auto& key : {std::string(129, 'a'), std::string("with blank"), std::string()}) {
        const auto answer =
            call("POST", "/api/v1/tenants", "operator-token", kBody, {{"Idempotency-Key", key}});
        EXPECT_EQ(answer.answer.status, 400);
        EXPECT_EQ(textOf(bodyOf(answer), "field"), "Idempotency-Key");
    }
}

TEST_F(ApiRules, TheWrongContentTypeIs415AndTooMuchIs413) {
    const auto form = call("POST",
                           "/api/v1/tenants",
                           "operator-token",
                           "name=acme",
                           {{"Content-Type", "application/x-www-form-urlencoded"}});
    const auto large = call("POST",
                            "/api/v1/tenants",
                            "operator-token",
                            R"({"name":")" + std::string(20'000, 'a') + R"("})");
    const auto broken = call("POST", "/api/v1/tenants", "operator-token", "{");

    EXPECT_EQ(form.answer.status, 415);
    EXPECT_EQ(large.answer.status, 413);
    EXPECT_EQ(broken.answer.status, 400);
    EXPECT_EQ(codeOf(broken), "api.json");
}

TEST_F(ApiRules, AFloodGets429AndATimeToComeBack) {
    const auto token = makeTenant("acme");

    test::FakeExchange last = call("GET", "/api/v1/gateways", token);
    for (int i = 0; i < 300 && last.answer.status == 200; ++i)
        last = call("GET", "/api/v1/gateways", token);

    EXPECT_EQ(last.answer.status, 429);
    EXPECT_EQ(headerOf(last, "Retry-After"), "1");
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(call("GET", "/api/v1/gateways", token).answer.status, 200);
}

TEST_F(ApiRules, GuessingTokensIsThrottledAndAValidTokenStillWorks) {
    const auto token = makeTenant("acme");

    int status = 401;
    for (int i = 0; i < 200 && status == 401; ++i)
        status = call("GET", "/api/v1/gateways", "guess" + std::to_string(i)).answer.status;

    EXPECT_EQ(status, 429);
    EXPECT_EQ(call("GET", "/api/v1/gateways", token).answer.status, 200);
}

TEST_F(ApiRules, AnETagAvoidsSendingTwiceAndGuardsAgainstOverwriting) {
    const auto token = makeTenant("acme");
    const auto path = "/api/v1/gateways/" + makeGateway("dc1");
    const auto read = call("GET", path, token);
    const auto etag = headerOf(read, "ETag");
    ASSERT_FALSE(etag.empty());

    const auto same = call("GET", path, token, {}, {{"If-None-Match", etag}});
    EXPECT_EQ(same.answer.status, 304);
    EXPECT_TRUE(same.answerBody.empty());

    const auto renamed = call("PATCH", path, token, R"({"name":"dc2"})", {{"If-Match", etag}});
    EXPECT_EQ(renamed.answer.status, 200) << renamed.answerBody;
    EXPECT_NE(headerOf(renamed, "ETag"), etag);

    const auto stale = call("PATCH", path, token, R"({"name":"dc3"})", {{"If-Match", etag}});
    EXPECT_EQ(stale.answer.status, 412);
    EXPECT_EQ(codeOf(stale), "api.stale");
    EXPECT_EQ(call("DELETE", path, token, {}, {{"If-Match", etag}}).answer.status, 412);
    EXPECT_EQ(call("GET", path, token, {}, {{"If-None-Match", etag}}).answer.status, 200);
}

TEST_F(ApiRules, WhatIsLiveChangesTheAnswerButDoesNotMakeAChangeStale) {
    const auto token = makeTenant("acme");
    const auto id = makeGateway("dc1");
    const auto path = "/api/v1/gateways/" + id;
    const auto etag = headerOf(call("GET", path, token), "ETag");

    live_.online.insert(id);

    EXPECT_EQ(call("GET", path, token, {}, {{"If-None-Match", etag}}).answer.status, 200);
    EXPECT_EQ(call("PATCH", path, token, R"({"name":"dc2"})", {{"If-Match", etag}}).answer.status,
              200);
}

TEST_F(ApiRules, APageEndsWithACursorToTheNext) {
    const auto token = makeTenant("acme");
    for (const char c : {'a', 'b', 'c', 'd', 'e'})
        makeGateway(std::string("dc-") + c, static_cast<char>(c - 'a' + 'A'));

    std::vector<std::string> names;
    std::string query = "?limit=2";
    for (int i = 0; i < 4 && !query.empty(); ++i) {
        const auto page = bodyOf(call("GET", "/api/v1/gateways" + query, token));
        for (const auto& item : **page.array("items", 10))
            names.push_back(textOf(*item.asObject(), "name"));
        const auto next = *page.optionalString("next_cursor", 1000);
        query = next ? "?limit=2&cursor=" + *next : std::string();
    }

    EXPECT_EQ(names, (std::vector<std::string>{"dc-a", "dc-b", "dc-c", "dc-d", "dc-e"}));
    EXPECT_TRUE(query.empty());
}

TEST_F(ApiRules, ACursorOrLimitThatIsNoneIsNamed) {
    const auto token = makeTenant("acme");
    const auto foreign = rest::writeCursor("users", {"alice"});

    for (const auto& cursor : {std::string("%20"), std::string("AAAA"), foreign}) {
        const auto answer = call("GET", "/api/v1/gateways?cursor=" + cursor, token);
        EXPECT_EQ(answer.answer.status, 400) << cursor;
        EXPECT_EQ(textOf(bodyOf(answer), "field"), "cursor");
    }
    for (const auto* limit : {"0", "201", "-1", "x"}) {
        const auto answer = call("GET", std::string("/api/v1/gateways?limit=") + limit, token);
        EXPECT_EQ(answer.answer.status, 400) << limit;
        EXPECT_EQ(textOf(bodyOf(answer), "field"), "limit");
    }
}

}  // namespace
}  // namespace pcg::controlplane
