// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/enrollments.h"
#include "test/unit/controlplane/rest/api_fixture.h"

#include <fstream>
#include <set>

namespace pcg::controlplane {
namespace {

// Its password was shown to nobody yet and never will be again: a refusal would lock the tenant
// out.
TEST_F(RestApi, MakesATenantWhileTheBrokerIsAway) {
    lifecycle_.brokerIsDown = true;

    const auto token = makeTenant("acme");

    EXPECT_EQ(call("GET", "/api/v1/me", token).answer.status, 200);
}

TEST_F(RestApi, MakesATenantWhoseTokenWorksAtOnce) {
    const auto token = makeTenant("acme");

    const auto me = call("GET", "/api/v1/me", token);

    EXPECT_EQ(me.answer.status, 200);
    EXPECT_NE(me.answerBody.find(R"("name":"acme")"), std::string::npos);
    EXPECT_NE(me.answerBody.find(R"("role":"admin")"), std::string::npos);
    EXPECT_EQ(lifecycle_.created.size(), 1U);
}

TEST_F(RestApi, ASecretIsNotKeptInTheDatabase) {
    const auto token = makeTenant("acme");
    store_.stop();

    for (const auto* name : {"cp.db", "cp.db-wal"}) {
        EXPECT_EQ(test::readFile(dir_ / name).find(token), std::string::npos) << name;
    }
}

TEST_F(RestApi, RefusesWhoeverHasNoTokenAndSaysHowToSendOne) {
    for (const auto* token : {"", "wrong", "operator-token"}) {
        const auto refused = call("GET", "/api/v1/gateways", token);

        EXPECT_EQ(refused.answer.status, 401) << token;
        EXPECT_EQ(*refused.answer.headers.find("WWW-Authenticate"), "Bearer");
        EXPECT_NE(refused.answerBody.find("tenancy.unauthenticated"), std::string::npos);
    }
}

TEST_F(RestApi, ATenantsTokenIsNotTheOperators) {
    const auto token = makeTenant("acme");

    EXPECT_EQ(call("GET", "/api/v1/tenants", token).answer.status, 401);
    EXPECT_EQ(call("POST", "/api/v1/tenants", token, R"({"name":"x","admin_username":"y"})")
                  .answer.status,
              401);
}

TEST_F(RestApi, AnotherTenantsGatewayIsNotFound) {
    const auto acme = makeTenant("acme");
    const auto umbra = makeTenant("umbra");
    auto authority = makePlatformAuthorityForTest();
    const auto scope = authority.scopeOf(*wire::parseTenantId(lifecycle_.created.front()));
    const auto id = wire::newId<wire::GatewayId>(random_);
    const auto issue = [&, now = clock_.wallNow()](store::Database& database) {
        return Enrollments(database).issue(
            scope,
            {"c1", id, "dc1", {1}, *wire::parseUserNkey("U" + std::string(55, 'A')), {2}},
            now,
            [](std::int64_t) -> Result<Bytes> { return Bytes{3}; });
    };
    ASSERT_TRUE(store_.post(issue));  // jobs run in order: it is done before the first call below

    const auto own = call("GET", "/api/v1/gateways/" + id.text(), acme);
    const auto foreign = call("GET", "/api/v1/gateways/" + id.text(), umbra);

    EXPECT_EQ(own.answer.status, 200) << own.answerBody;
    EXPECT_NE(own.answerBody.find(R"("state":"pairing")"), std::string::npos) << own.answerBody;
    EXPECT_EQ(foreign.answer.status, 404);
    const auto recovery = "/api/v1/gateways/" + id.text() + "/recovery";
    EXPECT_EQ(call("POST", recovery, umbra).answer.status, 404) << "nobody vouches for others";
    const auto vouched = call("POST", recovery, acme);
    EXPECT_EQ(vouched.answer.status, 200) << vouched.answerBody;
    EXPECT_NE(vouched.answerBody.find("until"), std::string::npos) << vouched.answerBody;
    EXPECT_EQ(call("DELETE", "/api/v1/gateways/" + id.text(), umbra).answer.status, 404);
    EXPECT_TRUE(lifecycle_.released.empty());
    EXPECT_EQ(call("DELETE", "/api/v1/gateways/" + id.text(), acme).answer.status, 204);
    EXPECT_EQ(lifecycle_.released, std::vector<std::string>{id.text()});
}

TEST_F(RestApi, NamesTheFieldThatIsWrong) {
    const auto missing = call("POST", "/api/v1/tenants", "operator-token", R"({"name":"acme"})");
    const auto unknown = call(
        "POST", "/api/v1/tenants", "operator-token", R"({"name":"acme","admin_usrname":"root"})");
    const auto control = call("POST",
                              "/api/v1/tenants",
                              "operator-token",
                              "{\"name\":\"a\\u001bc\",\"admin_username\":\"root\"}");

    EXPECT_EQ(missing.answer.status, 400);
    EXPECT_NE(missing.answerBody.find("admin_username"), std::string::npos) << missing.answerBody;
    EXPECT_EQ(unknown.answer.status, 400);
    EXPECT_EQ(control.answer.status, 400);
    EXPECT_TRUE(lifecycle_.created.empty());
}

TEST_F(RestApi, ATakenNameIsAConflict) {
    makeTenant("acme");

    const auto again = call(
        "POST", "/api/v1/tenants", "operator-token", R"({"name":"Acme","admin_username":"root"})");

    EXPECT_EQ(again.answer.status, 409) << again.answerBody;
}

// Reads "path:" and "method:" lines by their indentation: enough for our own document, and a path
// or method that it misses shows up as a difference.
std::set<std::string> describedOperations() {
    std::set<std::string> operations;
    std::ifstream file(PCG_SOURCE_DIR "/docs/api/controlplane.openapi.yaml");
    std::string path;
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("components:", 0) == 0) break;
        if (line.rfind("  /", 0) == 0) path = line.substr(2, line.size() - 3);
        for (const std::string method : {"get", "post", "put", "patch", "delete"}) {
            if (line != "    " + method + ":") continue;
            std::string upper = method;
            for (auto& c : upper) c = static_cast<char>(c - 'a' + 'A');
            operations.insert(upper + " " + path);
        }
    }
    return operations;
}

TEST_F(RestApi, TheDocumentDescribesEveryRouteAndNoOther) {
    std::set<std::string> served;
    for (const auto& route : router_.routes()) served.insert(route.method + " " + route.pattern);

    EXPECT_FALSE(served.empty());
    EXPECT_EQ(served, describedOperations());
}

}  // namespace
}  // namespace pcg::controlplane
