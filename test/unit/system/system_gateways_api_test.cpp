// SPDX-License-Identifier: Apache-2.0
// The platform's own gateways over the API: the operator's side, and what a tenant may do with one.
#include "test/unit/controlplane/rest/api_fixture.h"

namespace pcg::controlplane {
namespace {

class SystemGatewaysApi : public RestApi {
  protected:
    SystemGatewaysApi() : tenant_(makeTenantWithAdmin("acme")) {}

    std::string path() const { return "/api/v1/tenants/" + tenant_.id + "/system-gateway"; }

    int status(const std::string& method, const std::string& target, const std::string& token) {
        return call(method, target, token).answer.status;
    }

    MadeTenant tenant_;
};

TEST_F(SystemGatewaysApi, TheOperatorOffersLooksAndWithdraws) {
    EXPECT_EQ(status("GET", path(), "operator-token"), 404);
    const auto offered = call("PUT", path(), "operator-token", "{}");
    EXPECT_EQ(offered.answer.status, 201) << offered.answerBody;
    EXPECT_EQ(textOf(bodyOf(offered), "state"), "starting");
    EXPECT_TRUE(bodyOf(offered).find("gateway_id")->isNull());
    EXPECT_EQ(status("PUT", path(), "operator-token"), 200);
    const auto listed = bodyOf(call("GET", "/api/v1/system-gateways", "operator-token"));
    EXPECT_EQ((*listed.array("items", 10))->size(), 1U);
    EXPECT_EQ(status("DELETE", path(), "operator-token"), 204);
    EXPECT_EQ(status("GET", path(), "operator-token"), 404);
    EXPECT_EQ(status("DELETE", path(), "operator-token"), 404);
}

TEST_F(SystemGatewaysApi, AreThePlatformsToGive) {
    for (const auto* method : {"GET", "PUT", "DELETE"})
        EXPECT_EQ(status(method, path(), tenant_.token), 401) << method;
    EXPECT_EQ(status("GET", "/api/v1/system-gateways", tenant_.token), 401);
    EXPECT_EQ(status("PUT", path(), ""), 401);
    EXPECT_TRUE(systemGateways_.views.empty());
}

TEST_F(SystemGatewaysApi, APlatformThatIsNotSetUpForItSaysSo) {
    systemGateways_.refusal = Error(kSystemOff, "Start it with --system-gateway-networks.");
    const auto refused = call("PUT", path(), "operator-token", "{}");
    EXPECT_EQ(refused.answer.status, 409);
    EXPECT_EQ(codeOf(refused), "system_gateways.off");
    EXPECT_EQ(call("PUT", path(), "operator-token", R"({"name":"x"})").answer.status, 400);
}

TEST_F(SystemGatewaysApi, ATenantUsesItAndCannotGiveItAway) {
    const auto theirs = makeGateway("dc1", 'A');
    const auto ours = "/api/v1/gateways/" + makeGateway("system", 'B', GatewayKind::System);

    EXPECT_EQ(textOf(bodyOf(call("GET", ours, tenant_.token)), "kind"), "system");
    for (const auto& [filter, name] :
         {std::pair("kind=system", "system"), std::pair("kind=paired", "dc1")}) {
        const auto listed =
            bodyOf(call("GET", std::string("/api/v1/gateways?") + filter, tenant_.token));
        const auto& items = **listed.array("items", 10);
        ASSERT_EQ(items.size(), 1U) << filter;
        EXPECT_EQ(textOf(*items[0].asObject(), "name"), name);
    }
    EXPECT_EQ(status("GET", "/api/v1/gateways?kind=own", tenant_.token), 400);

    const auto refused = call("DELETE", ours, tenant_.token);
    EXPECT_EQ(refused.answer.status, 403);
    EXPECT_EQ(codeOf(refused), "tenancy.system_gateway");
    EXPECT_EQ(call("POST", ours + "/recovery", tenant_.token, "{}").answer.status, 403);
    EXPECT_TRUE(lifecycle_.released.empty());
    EXPECT_EQ(call("PATCH", ours, tenant_.token, R"({"name":"shared"})").answer.status, 200);
    EXPECT_EQ(status("DELETE", "/api/v1/gateways/" + theirs, tenant_.token), 204);
}

TEST_F(SystemGatewaysApi, AnotherTenantCannotTellItFromNone) {
    const auto ours = "/api/v1/gateways/" + makeGateway("system", 'A', GatewayKind::System);
    const auto stranger = makeTenant("globex");
    const auto absent = "/api/v1/gateways/gw_" + std::string(26, '0');

    for (const auto* method : {"GET", "DELETE"}) {
        const auto answer = call(method, ours, stranger);
        EXPECT_EQ(answer.answer.status, 404);
        EXPECT_EQ(answer.answerBody, call(method, absent, stranger).answerBody);
    }
    EXPECT_EQ(call("POST", ours + "/recovery", stranger, "{}").answer.status, 404);
}

}  // namespace
}  // namespace pcg::controlplane
