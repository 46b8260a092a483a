// SPDX-License-Identifier: Apache-2.0
// The REST interface of a vCenter through the proxy: its sessions, and what is passed on.
#include "common/codec/base64.h"
#include "test/unit/proxy/forward_fixture.h"
#include "vcenter-proxy/endpoint/rest_text.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using http::BodyFraming;
using test::Answer;
using test::Asked;
using test::FakeExchange;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kRestLogin = "/rest/com/vmware/cis/session";
constexpr const char* kRealId = "real-rest-session-id";

std::string basic(std::string_view user, std::string_view password) {
    const auto pair = std::string(user) + ":" + std::string(password);
    return "Basic " + codec::base64Encode(asBytes(pair));
}

// What a vCenter's /rest and /api say.
Answer restAnswer(const Asked& asked) {
    const auto& head = asked.head;
    const bool is_login =
        head.method == "POST" && (head.target == kRestLogin || head.target == "/api/session");
    if (!is_login && !isRestPath(head.target)) return test::vcenterAnswer(asked);
    Answer answer;
    answer.headers.add("Content-Type", "application/json");
    if (is_login) {
        const bool api = head.target == "/api/session";
        answer.status = api ? 201 : 200;
        answer.body = sessionIdBody(api ? RestDoor::Api : RestDoor::Rest, kRealId);
        return answer;
    }
    answer.body = "{\"value\":\"answer to " + head.target + "\"}";
    return answer;
}

class Rest : public test::ForwardTest {
  protected:
    Rest() { vcenter_->answer = restAnswer; }

    static http::RequestHead restHead(std::string method, std::string target) {
        http::RequestHead head;
        head.method = std::move(method);
        head.target = std::move(target);
        head.headers.add("Host", "ingress.example:8443");
        return head;
    }

    std::unique_ptr<FakeExchange> logIn(const char* target = kRestLogin,
                                        const char* secret = test::kKeySecret) {
        auto head = restHead("POST", target);
        head.headers.add("Authorization", basic(test::kKey, secret));
        head.headers.add("vmware-use-header-authn", "true");
        return ask(std::move(head), {});
    }

    // The gateway's id of a new session.
    std::string session() {
        const auto body = logIn()->body;
        const auto begin = body.find(":\"") + 2;
        return body.substr(begin, body.rfind('"') - begin);
    }

    std::unique_ptr<FakeExchange> call(std::string method,
                                       std::string target,
                                       const std::string& id,
                                       std::string body = {}) {
        auto head = restHead(std::move(method), std::move(target));
        head.headers.add("vmware-api-session-id", id);
        return ask(std::move(head), std::move(body));
    }
};

TEST_F(Rest, LogsInWithTheRealCredentialsAndGivesAnIdOfItsOwn) {
    const auto exchange = logIn();

    EXPECT_EQ(exchange->response.status, 200);
    EXPECT_THAT(exchange->body, testing::MatchesRegex(R"(\{"value":"[0-9a-f]{96}"\})"));
    EXPECT_EQ(exchange->response.headers.count("Set-Cookie"), 0U);
    EXPECT_EQ(*lastAsked().head.headers.find("Authorization"),
              basic(test::kRealUser, test::kRealPassword));
    EXPECT_EQ(*lastAsked().head.headers.find("Host"), "vcenter.example:8443");
    EXPECT_FALSE(log_.contains(test::kKeySecret));
    EXPECT_FALSE(log_.contains(kRealId));
}

TEST_F(Rest, AnswersTheNewerDoorInItsOwnForm) {
    const auto exchange = logIn("/api/session");

    EXPECT_EQ(exchange->response.status, 201);
    EXPECT_THAT(exchange->body, testing::MatchesRegex(R"("[0-9a-f]{96}")"));
    EXPECT_EQ(lastAsked().head.target, "/api/session");
}

TEST_F(Rest, GivesACookieToWhoDoesNotAskForTheHeader) {
    auto head = restHead("POST", kRestLogin);
    head.headers.add("Authorization", basic(test::kKey, test::kKeySecret));
    const auto exchange = ask(std::move(head), {});
    const auto& cookie = *exchange->response.headers.find("Set-Cookie");
    EXPECT_THAT(cookie, HasSubstr("; Path=/rest; HttpOnly; Secure"));

    auto next = restHead("GET", "/rest/vcenter/vm");
    next.headers.add("Cookie", cookie.substr(0, cookie.find(';')));
    EXPECT_EQ(ask(std::move(next), {})->response.status, 200);
    EXPECT_EQ(*lastAsked().head.headers.find("vmware-api-session-id"), kRealId);
}

TEST_F(Rest, AnswersAWrongKeyWithoutAskingTheEndpoint) {
    const auto wrong = logIn(kRestLogin, "wrong");
    EXPECT_EQ(wrong->response.status, 401);
    EXPECT_THAT(wrong->body, HasSubstr("com.vmware.vapi.std.errors.unauthenticated"));
    for (const auto* field :
         {"", "Basic !", "Basic ", "SIGN token=\"x\"", "Bearer x", "Basic Og=="}) {
        auto head = restHead("POST", "/api/session");
        if (*field != '\0') head.headers.add("Authorization", field);
        const auto exchange = ask(std::move(head), {});
        EXPECT_EQ(exchange->response.status, 401) << field;
        EXPECT_THAT(exchange->body, HasSubstr("\"error_type\":\"UNAUTHENTICATED\"")) << field;
    }
    EXPECT_THAT(vcenter_->asked, IsEmpty());
}

TEST_F(Rest, MapsTheSessionAndNothingElseOfTheClient) {
    const auto id = session();
    auto head = restHead("GET", "/rest/com/vmware/cis/tagging/tag/id:a%3Ab");
    head.headers.add("vmware-api-session-id", id);
    head.headers.add("Authorization", "Basic x");
    head.headers.add("Cookie", "vmware-api-session-id=other");
    head.headers.add("X-HTTP-Method-Override", "DELETE");
    const auto exchange = ask(std::move(head), {});

    EXPECT_EQ(exchange->response.status, 200);
    EXPECT_EQ(lastAsked().head.target, "/rest/com/vmware/cis/tagging/tag/id:a%3Ab");
    EXPECT_EQ(*lastAsked().head.headers.find("vmware-api-session-id"), kRealId);
    EXPECT_EQ(lastAsked().head.headers.count("vmware-api-session-id"), 1U);
    for (const auto* name : {"Authorization", "Cookie", "X-HTTP-Method-Override"}) {
        EXPECT_EQ(lastAsked().head.headers.count(name), 0U) << name;
    }
}

TEST_F(Rest, RefusesSessionsThatAreNotItsOwn) {
    const auto id = session();
    const auto before = vcenter_->asked.size();
    for (const std::string& other : {std::string(), std::string(kRealId), id.substr(1), id + "0"}) {
        const auto exchange = call("GET", "/api/vcenter/vm", other);
        EXPECT_EQ(exchange->response.status, 401) << other;
        EXPECT_EQ(*exchange->response.headers.find("Pcg-Outcome"), "not-dispatched");
    }
    auto twice = restHead("GET", "/api/vcenter/vm");
    twice.headers.add("vmware-api-session-id", id);
    twice.headers.add("vmware-api-session-id", id);
    EXPECT_EQ(ask(std::move(twice), {})->response.status, 400);
    EXPECT_EQ(vcenter_->asked.size(), before);
}

TEST_F(Rest, AsksTheRole) {
    keys_.role = Role::Inventory;
    const auto id = session();
    EXPECT_EQ(call("GET", "/api/vcenter/vm", id)->response.status, 200);
    const auto before = vcenter_->asked.size();

    const auto denied = call("POST", "/rest/vcenter/vm/vm-1/power/stop", id);
    EXPECT_EQ(denied->response.status, 403);
    EXPECT_THAT(denied->body, HasSubstr("com.vmware.vapi.std.errors.unauthorized"));
    EXPECT_EQ(call("GET", "/api/appliance/system/version", id)->response.status, 403);
    for (const auto* dummy :
         {"/rest/com/vmware/cis/tagging/category?~action=list", "/api/vcenter/vm?action=list"})
        EXPECT_EQ(call("POST", dummy, id, R"({"create_spec":{}})")->response.status, 403) << dummy;
    EXPECT_EQ(call("PUT", "/cls/data/1/x", id, "octets")->response.status, 403);
    EXPECT_EQ(vcenter_->asked.size(), before);
}

TEST_F(Rest, LetsOnlyTheRoleFullHaveTheVcenterFetchAUrl) {
    const std::string path =
        "/rest/com/vmware/content/library/item/updatesession/file/id:1?~action=add";
    const std::string push = R"({"file_spec":{"name":"a","source_type":"PUSH"}})";
    const std::string pull =
        R"({"file_spec":{"name":"a","source_type":"pull","source_endpoint":{"uri":"http://169.254.169.254/"}}})";
    keys_.role = Role::Deploy;
    const auto id = session();
    EXPECT_EQ(call("POST", path, id, push)->response.status, 200);
    const auto before = vcenter_->asked.size();
    EXPECT_EQ(call("POST", path, id, pull)->response.status, 403);
    EXPECT_EQ(
        call("POST", "/api/content/library/item/update-session/1/file", id, pull)->response.status,
        403);
    // An action that the vCenter may pass over does not make it another call.
    for (const auto* dummy : {"/api/content/library/item/update-session/1/file?action=get",
                              "/rest/com/vmware/content/library/item/updatesession/file/id:1?"
                              "~action=get"})
        EXPECT_EQ(call("POST", dummy, id, pull)->response.status, 403) << dummy;
    EXPECT_EQ(call("POST", path, id, R"({"a":1,"a":{"source_type":"PULL"}})")->response.status,
              400);
    EXPECT_EQ(
        call("POST", path, id, R"({"a":")" + std::string(70'000, 'a') + R"("})")->response.status,
        413);
    EXPECT_EQ(vcenter_->asked.size(), before);

    keys_.role = Role::Full;
    EXPECT_EQ(call("POST", path, session(), pull)->response.status, 200);
}

TEST_F(Rest, EndsTheSessionWithTheClient) {
    const auto id = session();

    EXPECT_EQ(call("DELETE", "/rest/com/vmware/cis/session", id)->response.status, 200);
    EXPECT_EQ(lastAsked().head.method, "DELETE");
    EXPECT_EQ(service_.sessionCount(id_), 0U);
    EXPECT_EQ(call("GET", "/api/vcenter/vm", id)->response.status, 401);
}

TEST_F(Rest, LogsOutAtTheDoorThatTheSessionCameThrough) {
    logIn("/api/session");
    await(service_.dropKey(wire::AccessKeyId::unchecked(test::kKey)));

    EXPECT_EQ(lastAsked().head.method, "DELETE");
    EXPECT_EQ(lastAsked().head.target, "/api/session");
    EXPECT_EQ(*lastAsked().head.headers.find("vmware-api-session-id"), kRealId);
}

TEST_F(Rest, TakesASessionOfSoapToo) {
    const auto cookie = login();
    const auto token = cookie.substr(cookie.find('=') + 1);

    EXPECT_EQ(call("GET", "/api/vcenter/vm", token)->response.status, 200);
    EXPECT_EQ(*lastAsked().head.headers.find("vmware-api-session-id"), test::kUpstreamCookie);
}

TEST_F(Rest, StopsTryingCredentialsThatTheEndpointRefuses) {
    vcenter_->answer = [](const Asked&) {
        Answer answer;
        answer.status = 401;
        return answer;
    };
    for (int i = 0; i < 6; ++i) {
        const auto exchange = logIn();
        EXPECT_EQ(exchange->response.status, 503);
        EXPECT_THAT(exchange->body, HasSubstr("service_unavailable"));
    }
    EXPECT_EQ(vcenter_->asked.size(), 3U) << "the account must not be locked";
}

TEST_F(Rest, LeavesAnEndpointAloneThatHasNoRoom) {
    vcenter_->answer = [](const Asked&) {
        Answer answer;
        answer.status = 503;
        answer.body = "Out of HTTP sessions: Limited to 2000";
        return answer;
    };
    for (int i = 0; i < 4; ++i) EXPECT_EQ(logIn()->response.status, 503);
    EXPECT_EQ(vcenter_->asked.size(), 1U);

    vcenter_->answer = restAnswer;
    clock_.advance(std::chrono::seconds(3));
    EXPECT_EQ(logIn()->response.status, 200);
}

TEST_F(Rest, TurnsTheUriOfAnUploadToItself) {
    const auto id = session();
    vcenter_->answer = [](const Asked&) {
        Answer answer;
        answer.body =
            R"({"value":{"name":"a","upload_endpoint":{"uri":"https://vcenter.internal:443/cls/data/1-2/a","ssl_certificate_thumbprint":"AA:BB"},"size":7}})";
        return answer;
    };
    auto head = restHead(
        "POST", "/rest/com/vmware/content/library/item/updatesession/file/id:1?~action=add");
    head.headers.add("vmware-api-session-id", id);
    head.headers.add("Accept-Encoding", "gzip");
    const auto exchange = ask(std::move(head), "{}");

    EXPECT_EQ(
        exchange->body,
        R"({"value":{"name":"a","upload_endpoint":{"uri":"https://ingress.example:8443/cls/data/1-2/a"},"size":7}})");
    EXPECT_EQ(exchange->response.body, BodyFraming::ofLength(exchange->body.size()));
    EXPECT_EQ(lastAsked().head.headers.count("Accept-Encoding"), 0U);
}

TEST_F(Rest, StreamsAFileOfTheLibrary) {
    const auto id = session();
    auto head = restHead("PUT", "/cls/data/1-2/disk.vmdk");
    head.headers.add("vmware-api-session-id", id);
    head.body = BodyFraming::ofLength(300'000);
    const auto exchange = open(std::move(head));
    exchange->add(std::string(200'000, 'a'));
    run();
    EXPECT_EQ(lastAsked().body.size(), 200'000U) << "nothing waits for the rest";
    exchange->add(std::string(100'000, 'b'));
    exchange->end();
    run();

    EXPECT_EQ(exchange->response.status, 200);
    EXPECT_EQ(lastAsked().body.size(), 300'000U);
    EXPECT_EQ(*lastAsked().head.headers.find("vmware-api-session-id"), kRealId);
}

TEST(RestText, LeavesUrisAloneThatLeadElsewhere) {
    for (const auto* text : {R"({"uri":"https://attacker.example/x"})",
                             R"({"uri":"http://vc/cls/data/1/a"})",
                             R"({"uri":"https://vc@evil/cls/data/1/a"})",
                             R"({"uri":"https://vc/cls/data/"})",
                             R"({"uri":7})",
                             "[",
                             ""}) {
        EXPECT_FALSE(withOwnTransferUris(asBytes(text), "gw")) << text;
    }
}

TEST(RestText, TakesOnlyIdsThatFitIntoAHeaderField) {
    EXPECT_TRUE(parseSessionId(RestDoor::Rest, asBytes(R"({"value":"a-1"})")));
    EXPECT_TRUE(parseSessionId(RestDoor::Api, asBytes(R"("a-1")")));
    for (const auto* text :
         {R"({"value":"a\r\nX: y"})", R"({"value":""})", R"({"value":1})", "{}", ""}) {
        EXPECT_FALSE(parseSessionId(RestDoor::Rest, asBytes(text))) << text;
    }
}

}  // namespace
}  // namespace pcg::proxy
