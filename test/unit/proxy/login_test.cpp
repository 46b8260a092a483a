// SPDX-License-Identifier: Apache-2.0
#include "test/unit/proxy/proxy_fixture.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using test::capturedSoap;
using test::envelope;
using test::kKey;
using test::kKeySecret;
using test::loginCall;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Login : public test::ProxyTest {
  protected:
    static std::string goodLogin() { return envelope(loginCall(kKey, kKeySecret)); }

    LoginArguments sentUpstream(std::size_t index) {
        SoapEnvelope soap;
        EXPECT_TRUE(soap.feed(asBytes(vcenter_->asked.at(index)->body)));
        EXPECT_TRUE(soap.finish());
        auto login = soap.takeLogin();
        EXPECT_TRUE(login);
        return login ? std::move(*login) : LoginArguments{};
    }
};

TEST_F(Login, SendsTheRealCredentialsInsteadOfTheKey) {
    const auto exchange = soap(goodLogin());

    EXPECT_EQ(exchange->response.status, 200);
    ASSERT_EQ(vcenter_->asked.size(), 1U);
    const auto sent = sentUpstream(0);
    EXPECT_EQ(sent.username, test::kRealUser);
    EXPECT_EQ(sent.password.revealText(), test::kRealPassword);
    EXPECT_THAT(vcenter_->asked[0]->body, Not(HasSubstr(kKey)));
    EXPECT_THAT(vcenter_->asked[0]->body, Not(HasSubstr(kKeySecret)));
    EXPECT_EQ(*vcenter_->asked[0]->head.headers.find("SOAPAction"), "urn:vim25/7.0");
    EXPECT_EQ(*vcenter_->asked[0]->head.headers.find("Host"), "vcenter.example:8443");
}

TEST_F(Login, TellsTheControlPlaneOfAKeyOnlyWhenItWasLetIn) {
    const auto known = soap(goodLogin());
    EXPECT_EQ(*known->response.headers.find("Pcg-Access-Key"), kKey);
    EXPECT_EQ(*known->response.headers.find("Pcg-Method"), "Login");
    EXPECT_EQ(known->response.headers.find("Pcg-Refusal"), nullptr);

    const auto wrong = soap(envelope(loginCall(kKey, "wrong")));
    EXPECT_EQ(wrong->response.headers.find("Pcg-Access-Key"), nullptr);
    EXPECT_EQ(*wrong->response.headers.find("Pcg-Refusal"), "proxy.invalid_login");
}

TEST_F(Login, WorksWithTheBodiesThatClientsSend) {
    for (const auto* file : {"govmomi/Login.xml", "pyvmomi/Login.xml"}) {
        auto body = capturedSoap(file);
        body.replace(body.find("admin"), 5, kKey);
        body.replace(body.find("s3cret"), 6, kKeySecret);

        EXPECT_EQ(soap(body)->response.status, 200) << file;
    }
}

TEST_F(Login, GivesTheClientACookieOfTheGatewayAndKeepsTheOther) {
    const auto exchange = soap(goodLogin());

    ASSERT_EQ(exchange->response.headers.count("Set-Cookie"), 1U);
    const auto& cookie = *exchange->response.headers.find("Set-Cookie");
    EXPECT_THAT(cookie, StartsWith("vmware_soap_session="));
    EXPECT_THAT(cookie, HasSubstr("; HttpOnly; Secure"));
    EXPECT_THAT(cookie, Not(HasSubstr(test::kUpstreamCookie)));
    EXPECT_EQ(exchange->body, capturedSoap("responses/Login.xml"));
}

TEST_F(Login, LeavesNoSecretInTheLogOrTheAudit) {
    const auto cookie = login();
    soap(envelope(loginCall(kKey, "a-wrong-secret")));
    const std::string token = cookie.substr(cookie.find('=') + 1);

    for (const auto* secret :
         {kKeySecret, "a-wrong-secret", "r<e&a", "r&lt;e", token.c_str(), test::kUpstreamCookie}) {
        EXPECT_FALSE(log_.contains(secret)) << secret;
        for (const auto& record : audit_.records) {
            EXPECT_THAT(record.reason + record.object + record.access_key, Not(HasSubstr(secret)));
        }
    }
    ASSERT_EQ(audit_.records.size(), 2U);
    EXPECT_EQ(audit_.records[0].access_key, kKey);
    EXPECT_EQ(audit_.records[0].method, "Login");
    EXPECT_EQ(audit_.records[0].decision, "allowed");
    EXPECT_EQ(audit_.records[1].decision, "proxy.invalid_login");
}

TEST_F(Login, AnswersAWrongKeyWithoutAskingTheEndpoint) {
    const std::vector<std::string> wrong{loginCall(kKey, "wrong"),
                                         loginCall(kKey, ""),
                                         loginCall("administrator@vsphere.local", "x"),
                                         loginCall("ak_00000000000000000000000002", kKeySecret),
                                         loginCall("", "")};
    std::string first;
    for (const auto& call : wrong) {
        const auto exchange = soap(envelope(call));

        EXPECT_EQ(exchange->response.status, 500) << call;
        EXPECT_THAT(exchange->body, HasSubstr("xsi:type=\"InvalidLogin\""));
        EXPECT_EQ(exchange->response.headers.count("Set-Cookie"), 0U);
        if (first.empty()) first = exchange->body;
        EXPECT_EQ(exchange->body, first) << "all wrong keys look the same";
    }
    EXPECT_THAT(vcenter_->asked, IsEmpty());
}

TEST_F(Login, StopsCheckingAKeyThatWasWrongTooOften) {
    for (int i = 0; i < 5; ++i) soap(envelope(loginCall(kKey, "wrong")));
    const int asked = keys_.asked;

    const auto exchange = soap(goodLogin());

    EXPECT_THAT(exchange->body, HasSubstr("InvalidLogin"));
    EXPECT_EQ(keys_.asked, asked);
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(soap(goodLogin())->response.status, 200);
}

TEST_F(Login, SaysThatAKeyCouldNotBeChecked) {
    keys_.broken = true;

    const auto exchange = soap(goodLogin());

    EXPECT_EQ(exchange->response.status, 503);
    EXPECT_THAT(exchange->body, Not(HasSubstr("InvalidLogin")));
    EXPECT_THAT(vcenter_->asked, IsEmpty());
}

TEST_F(Login, TellsRejectedCredentialsFromAWrongKeyAndStopsTryingThem) {
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.status = 500;
        answer.body = "<InvalidLoginFault xsi:type=\"InvalidLogin\"/>";
        return answer;
    };
    for (int i = 0; i < 3; ++i) {
        const auto exchange = soap(goodLogin());
        EXPECT_EQ(exchange->response.status, 503);
        EXPECT_THAT(exchange->body, HasSubstr("rejected the credentials stored in the gateway"));
    }
    ASSERT_EQ(vcenter_->asked.size(), 3U);

    EXPECT_EQ(soap(goodLogin())->response.status, 503);
    EXPECT_EQ(vcenter_->asked.size(), 3U) << "the account must not be locked";

    vcenter_->answer = test::vcenterAnswer;
    service_.credentialsChanged(id_);
    EXPECT_EQ(soap(goodLogin())->response.status, 200);
}

TEST_F(Login, PassesOtherFaultsOn) {
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.status = 500;
        answer.body = "<fault/>";
        return answer;
    };

    const auto exchange = soap(goodLogin());

    EXPECT_EQ(exchange->response.status, 500);
    EXPECT_EQ(exchange->body, "<fault/>");
    EXPECT_EQ(service_.sessionCount(id_), 0U);
}

TEST_F(Login, RefusesAnEndpointThatGivesNoSession) {
    vcenter_->answer = [](const test::Asked&) { return test::Answer{}; };

    EXPECT_EQ(soap(goodLogin())->response.status, 504);
    EXPECT_EQ(service_.sessionCount(id_), 0U);
}

TEST_F(Login, LogsOutAgainIfTheClientIsGoneWhenTheAnswerComes) {
    auto head = test::soapHead();
    const auto body = goodLogin();
    head.body = http::BodyFraming::ofLength(body.size());
    test::FakeExchange exchange(loop_, std::move(head), body);
    vcenter_->answer = [&](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        if (asked.finished && answer.headers.find("Set-Cookie") != nullptr) exchange.goAway();
        return answer;
    };

    begin(exchange);
    run();

    EXPECT_THAT(methodsAsked(*vcenter_), ElementsAre("Login", "Logout"));
    EXPECT_EQ(*vcenter_->asked[1]->head.headers.find("Cookie"),
              std::string("vmware_soap_session=\"") + test::kUpstreamCookie + "\"");
    EXPECT_EQ(service_.sessionCount(id_), 0U);
}

// Between the moment when a change is stored and the one when it runs.
TEST_F(Login, DoesNotSendCredentialsThatAreForAnotherAddress) {
    vault_.authorities.emplace(id_, "another.example");

    const auto exchange = soap(goodLogin());

    EXPECT_EQ(exchange->response.status, 503);
    EXPECT_THAT(exchange->body, HasSubstr("changed to another address"));
    EXPECT_THAT(vcenter_->asked, IsEmpty());
}

TEST_F(Login, MakesRoomByEndingTheSessionThatWasIdleLongest) {
    EndpointConfig config{id_, "vc1", "vcenter.example:8443"};
    config.limits.max_sessions = 2;
    await(service_.put(config, vcenter_));
    const auto first = login();
    clock_.advance(std::chrono::seconds(1));
    const auto second = login();

    const auto third = login();

    EXPECT_FALSE(third.empty());
    EXPECT_EQ(service_.sessionCount(id_), 2U);
    EXPECT_THAT(methodsAsked(*vcenter_), ElementsAre("Login", "Login", "Logout", "Login"));
    const auto call = envelope(test::call("CurrentTime", "ServiceInstance", "ServiceInstance"));
    EXPECT_THAT(soap(call, first)->body, HasSubstr("NotAuthenticated"));
    EXPECT_EQ(soap(call, second)->body, "answer to CurrentTime");
}

TEST_F(Login, SaysSoIfEverySessionIsBusy) {
    EndpointConfig config{id_, "vc1", "vcenter.example:8443"};
    config.limits.max_sessions = 1;
    await(service_.put(config, vcenter_));
    const auto cookie = login();
    vcenter_->answer = [](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        answer.never = answer.body == "answer to WaitForUpdatesEx";
        return answer;
    };
    auto head = test::soapHead(cookie);
    const auto body = envelope(test::call("WaitForUpdatesEx", "PropertyCollector", "pc"));
    head.body = http::BodyFraming::ofLength(body.size());
    test::FakeExchange poll(loop_, std::move(head), body);
    begin(poll);
    run();

    const auto exchange = soap(goodLogin());

    EXPECT_EQ(exchange->response.status, 503);
    EXPECT_THAT(exchange->body, HasSubstr("are busy"));
    poll.goAway();
    run();
}

class SlowLogin : public Login {
  protected:
    SlowLogin() {
        await(service_.put({id_, "vc1", "vcenter.example:8443"}, slow_));
        auto head = test::soapHead();
        const auto body = goodLogin();
        head.body = http::BodyFraming::ofLength(body.size());
        exchange_ = std::make_unique<test::FakeExchange>(loop_, std::move(head), body);
    }

    void finish() {
        slow_->go();
        run();
        EXPECT_THAT(exchange_->body, HasSubstr("xsi:type=\"InvalidLogin\""));
        EXPECT_EQ(exchange_->response.headers.count("Set-Cookie"), 0U);
        EXPECT_EQ(service_.sessionCount(id_), 0U);
        EXPECT_THAT(methodsAsked(*vcenter_), ElementsAre("Login", "Logout"));
    }

    std::shared_ptr<test::SlowCaller> slow_ = std::make_shared<test::SlowCaller>(loop_, vcenter_);
    std::unique_ptr<test::FakeExchange> exchange_;
};

TEST_F(SlowLogin, EndsInNoSessionIfTheKeyIsRevokedMeanwhile) {
    begin(*exchange_);
    run();
    await(service_.dropKey(wire::AccessKeyId::unchecked(kKey)));

    finish();
}

TEST_F(SlowLogin, EndsInNoSessionIfTheKeyExpiresMeanwhile) {
    keys_.expires_at = clock_.wallNow() + std::chrono::seconds(10);
    begin(*exchange_);
    run();
    clock_.advance(std::chrono::seconds(10));

    finish();
}

TEST_F(Login, DoesNotTakeABodyOfMoreThan64KiB) {
    const auto exchange = soap(envelope(loginCall(kKey, kKeySecret + std::string()) + "<!--" +
                                        std::string(70 * 1024, 'a') + "-->"));

    EXPECT_EQ(exchange->response.status, 413);
    EXPECT_THAT(vcenter_->asked, IsEmpty());
}

}  // namespace
}  // namespace pcg::proxy
