// SPDX-License-Identifier: Apache-2.0
// Uploads through the API, with a gateway made of strings at the other end.
#include "test/unit/controlplane/rest/api_fixture.h"

namespace pcg::controlplane {
namespace {

constexpr auto kEndpoint = "ep_00000000000000000000000001";
constexpr auto kAll = "/api/v1/uploads";

class UploadsRest : public RestApi {
  protected:
    UploadsRest() : token_(makeTenant("acme")), gateway_(makeGateway("dc1")) {
        const auto scope =
            makePlatformAuthorityForTest().scopeOf(*wire::parseTenantId(lifecycle_.created.back()));
        const auto gateway = *wire::parseGatewayId(gateway_);
        const ReportedEndpoint endpoint{
            *wire::parseEndpointId(kEndpoint), "vc1", "vcenter", "ok", ""};
        EXPECT_TRUE(store_.post([=](store::Database& database) {
            return Gateways(database).report(scope, gateway, {endpoint});
        }));
        calls_.answers = [](const GatewayRequest& request) { return taken(request, "queued"); };
    }

    static std::string idOf(const GatewayRequest& request) {
        const auto id = request.body.optionalString("id", 64);
        if (id && *id) return **id;
        return request.target.substr(request.target.rfind('/') + 1);
    }

    static Result<GatewayAnswer> taken(const GatewayRequest& request, std::string_view state) {
        json::Object body;
        body.set("id", idOf(request)).set("state", state).set("fetched", 0).set("pushed", 0);
        return GatewayAnswer{request.method == "POST" ? 201 : 200, std::move(body)};
    }

    json::Object good() const {
        return json::Object()
            .set("gateway_id", gateway_)
            .set("endpoint_id", kEndpoint)
            .set("access_key",
                 json::Object().set("id", "ak_00000000000000000000000001").set("secret", "canary"))
            .set("source", "https://images.example/x.iso?signature=canary")
            .set("sha256", std::string(64, 'a'))
            .set("max_bytes", 1000)
            .set("target",
                 json::Object()
                     .set("kind", "datastore")
                     .set("datacenter", "DC0")
                     .set("datastore", "fast-1")
                     .set("path", "pcg/x.iso"));
    }

    test::FakeExchange order() { return call("POST", kAll, token_, json::write(good())); }

    std::size_t listed() {
        const auto body = bodyOf(call("GET", kAll, token_));
        return (*body.array("items", 1000))->size();
    }

    std::string token_;
    std::string gateway_;
};

TEST_F(UploadsRest, AnOrderGoesToTheGatewayAndNothingSecretStaysHere) {
    const auto made = order();
    ASSERT_EQ(made.answer.status, 201) << made.answerBody;
    EXPECT_EQ(made.answerBody.find("canary"), std::string::npos);
    const auto body = bodyOf(made);
    EXPECT_EQ(textOf(body, "state"), "queued");
    EXPECT_EQ(textOf(body, "source"), "https://images.example/x.iso");
    ASSERT_EQ(calls_.asked.size(), 1U);
    const auto& asked = calls_.asked.front();
    EXPECT_EQ(asked.method + " " + asked.target, "POST /v1/uploads");
    EXPECT_EQ(textOf(asked.body, "id"), textOf(body, "id"));
    EXPECT_EQ(textOf(asked.body, "source"), "https://images.example/x.iso?signature=canary");
    EXPECT_EQ(textOf(**asked.body.object("access_key"), "secret"), "canary");
    EXPECT_FALSE(asked.body.has("gateway_id"));
    const auto one = call("GET", std::string(kAll) + "/" + textOf(body, "id"), token_);
    EXPECT_EQ(bodyOf(one).size(), body.size());
    for (const auto& event : audit_.events) {
        EXPECT_EQ((event.detail + event.target.name).find("canary"), std::string::npos);
    }
}

TEST_F(UploadsRest, ARefusalOfTheGatewayIsPassedOnAndNothingIsKept) {
    json::Object problem;
    problem.set("code", "upload.source_denied").set("detail", "not open").set("field", "source");
    calls_.answers = [&](const GatewayRequest&) { return GatewayAnswer{403, problem}; };
    const auto refused = order();
    EXPECT_EQ(refused.answer.status, 403);
    EXPECT_EQ(textOf(bodyOf(refused), "code"), "upload.source_denied");
    EXPECT_EQ(textOf(bodyOf(refused), "field"), "source");
    EXPECT_EQ(listed(), 0U);
    calls_.answers = [](const GatewayRequest&) -> Result<GatewayAnswer> {
        return fail(kGatewayOffline, "offline");
    };
    EXPECT_EQ(order().answer.status, 503);
    EXPECT_EQ(listed(), 0U) << "nobody took it";
}

TEST_F(UploadsRest, AnAnswerThatDoesNotComeLeavesAnOrderThatTheReportsSettle) {
    calls_.answers = [](const GatewayRequest&) -> Result<GatewayAnswer> {
        return fail(kGatewaySilent, "silent");
    };
    const auto made = order();
    EXPECT_EQ(made.answer.status, 202);
    EXPECT_EQ(textOf(bodyOf(made), "state"), "ordered");
    EXPECT_EQ(listed(), 1U);
}

TEST_F(UploadsRest, TheGatewayMaySpeakOfThisOneOnly) {
    calls_.answers = [](const GatewayRequest& request) {
        auto answer = taken(request, "done");
        answer->body.set("id", "up_00000000000000000000000000");
        return answer;
    };
    EXPECT_EQ(order().answer.status, 503);
}

TEST_F(UploadsRest, CancelsWhatIsNotOverYet) {
    const auto id = textOf(bodyOf(order()), "id");
    const auto path = std::string(kAll) + "/" + id + "/cancel";
    calls_.answers = [](const GatewayRequest& request) { return taken(request, "cancelled"); };
    const auto cancelled = call("POST", path, token_);
    EXPECT_EQ(cancelled.answer.status, 200) << cancelled.answerBody;
    EXPECT_EQ(textOf(bodyOf(cancelled), "state"), "cancelled");
    EXPECT_EQ(calls_.asked.back().method + " " + calls_.asked.back().target,
              "DELETE /v1/uploads/" + id);
    const auto asked = calls_.asked.size();
    EXPECT_EQ(call("POST", path, token_).answer.status, 200);
    EXPECT_EQ(calls_.asked.size(), asked) << "it is over";
}

TEST_F(UploadsRest, AreOneTenantsAndOfEndpointsThatAreThere) {
    const auto id = textOf(bodyOf(order()), "id");
    const auto other = makeTenant("other");
    EXPECT_EQ(call("GET", std::string(kAll) + "/" + id, other).answer.status, 404);
    EXPECT_EQ(call("POST", std::string(kAll) + "/" + id + "/cancel", other).answer.status, 404);
    const auto foreign = call("POST", kAll, other, json::write(good()));
    EXPECT_EQ(foreign.answer.status, 400);
    EXPECT_EQ(textOf(bodyOf(foreign), "field"), "endpoint_id");
    auto body = good();
    body.set("endpoint_id", "ep_00000000000000000000000009");
    EXPECT_EQ(call("POST", kAll, token_, json::write(body)).answer.status, 400);
    body = good();
    body.set("access_key", json::Object().set("id", "ak_00000000000000000000000001"));
    EXPECT_EQ(textOf(bodyOf(call("POST", kAll, token_, json::write(body))), "field"),
              "access_key.secret");
}

}  // namespace
}  // namespace pcg::controlplane
