// SPDX-License-Identifier: Apache-2.0
#include "test/unit/proxy/proxy_fixture.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using test::call;
using test::envelope;
using testing::ElementsAre;
using testing::HasSubstr;

class EndpointServiceTest : public test::ProxyTest {
  protected:
    static std::string currentTime() { return envelope(call("CurrentTime", "T", "i")); }
};

TEST_F(EndpointServiceTest, LogsEverySessionOutWhenItStops) {
    for (int i = 0; i < 12; ++i) login();

    await(service_.stop(std::chrono::seconds(5)));

    const auto asked = methodsAsked(*vcenter_);
    EXPECT_EQ(std::count(asked.begin(), asked.end(), "Logout"), 12);
    EXPECT_EQ(service_.sessionCount(id_), 0U);
}

TEST_F(EndpointServiceTest, TakesNoRequestsAfterItStopped) {
    const auto cookie = login();
    await(service_.stop(std::chrono::seconds(5)));

    const auto exchange = soap(currentTime(), cookie);

    EXPECT_EQ(exchange->response.status, 503);
    EXPECT_THAT(exchange->body, HasSubstr("proxy.stopping"));
}

TEST_F(EndpointServiceTest, LogsTheSessionsOfARevokedKeyOut) {
    const auto cookie = login();

    await(service_.dropKey(wire::AccessKeyId::unchecked(test::kKey)));

    EXPECT_THAT(methodsAsked(*vcenter_), ElementsAre("Login", "Logout"));
    EXPECT_THAT(soap(currentTime(), cookie)->body, HasSubstr("NotAuthenticated"));
}

TEST_F(EndpointServiceTest, LogsTheSessionsOfARemovedEndpointOut) {
    login();

    await(service_.remove(id_));

    EXPECT_THAT(methodsAsked(*vcenter_), ElementsAre("Login", "Logout"));
    EXPECT_EQ(soap(currentTime())->response.status, 404);
}

TEST_F(EndpointServiceTest, KeepsSessionsWhenOnlyTheNameChanges) {
    const auto cookie = login();

    await(service_.put({id_, "renamed", "vcenter.example:8443"}, vcenter_));

    EXPECT_EQ(soap(currentTime(), cookie)->body, "answer to CurrentTime");
}

TEST_F(EndpointServiceTest, EndsSessionsWhenTheEndpointIsAnotherOne) {
    const auto cookie = login();

    await(service_.put({id_, "vc1", "another.example"}, vcenter_));

    EXPECT_THAT(soap(currentTime(), cookie)->body, HasSubstr("NotAuthenticated"));
    EXPECT_THAT(methodsAsked(*vcenter_), ElementsAre("Login", "Logout"));
}

TEST_F(EndpointServiceTest, KeepsTheLaterOfTwoChangesWhileTheFirstStillLogsSessionsOut) {
    login();
    const auto slow = std::make_shared<test::SlowCaller>(loop_, vcenter_);
    await(service_.put({id_, "vc1", "vcenter.example:8443"}, slow));
    const auto second = std::make_shared<test::FakeVcenter>(loop_);
    const auto third = std::make_shared<test::FakeVcenter>(loop_);
    second->answer = third->answer = test::vcenterAnswer;
    await(service_.put({id_, "vc1", "second.example"}, second));
    await(service_.put({id_, "vc1", "third.example"}, third));
    slow->go();
    run();

    vault_.authorities.emplace(id_, "third.example");
    EXPECT_FALSE(login().empty());

    EXPECT_THAT(methodsAsked(*second), testing::IsEmpty());
    EXPECT_THAT(methodsAsked(*third), ElementsAre("Login"));
}

TEST_F(EndpointServiceTest, ReportsWhatTheEndpointSaysAndThatTheCredentialsWork) {
    const auto report = await(service_.checkEndpoint(id_));

    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->about.version, "6.5.0");
    EXPECT_FALSE(report->credentials_error);
    EXPECT_THAT(methodsAsked(*vcenter_), ElementsAre("RetrieveServiceContent", "Login", "Logout"));
    EXPECT_EQ(service_.sessionCount(id_), 0U);
}

TEST_F(EndpointServiceTest, DoesNotLogInForEachOfManyChecks) {
    await(service_.checkEndpoint(id_));
    await(service_.checkEndpoint(id_));
    auto asked = methodsAsked(*vcenter_);
    EXPECT_EQ(std::count(asked.begin(), asked.end(), "Login"), 1);

    clock_.advance(std::chrono::minutes(10));
    await(service_.checkEndpoint(id_));
    service_.credentialsChanged(id_);
    await(service_.checkEndpoint(id_));

    asked = methodsAsked(*vcenter_);
    EXPECT_EQ(std::count(asked.begin(), asked.end(), "Login"), 3);
}

TEST_F(EndpointServiceTest, TriesRejectedCredentialsMoreAndMoreSeldom) {
    vcenter_->answer = [](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        if (answer.headers.find("Set-Cookie") != nullptr) answer.status = 500;
        return answer;
    };
    for (int minute = 0; minute < 60; ++minute) {
        await(service_.checkEndpoint(id_));
        clock_.advance(std::chrono::minutes(1));
    }

    const auto asked = methodsAsked(*vcenter_);
    EXPECT_LE(std::count(asked.begin(), asked.end(), "Login"), 10);
}

TEST_F(EndpointServiceTest, ReportsCredentialsThatAreRejected) {
    vcenter_->answer = [](const test::Asked& asked) {
        auto answer = test::vcenterAnswer(asked);
        if (answer.headers.find("Set-Cookie") != nullptr) answer.status = 500;
        return answer;
    };

    const auto report = await(service_.checkEndpoint(id_));

    ASSERT_TRUE(report);
    ASSERT_TRUE(report->credentials_error);
    EXPECT_TRUE(report->credentials_error->is(errc::kCredentialsRejected));
}

TEST_F(EndpointServiceTest, ReportsAnEndpointThatIsNoVcenter) {
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.body = "<html/>";
        return answer;
    };

    const auto report = await(service_.checkEndpoint(id_));

    ASSERT_FALSE(report);
    EXPECT_TRUE(report.error().is(errc::kNotAVcenter));
}

TEST_F(EndpointServiceTest, ReportsTheCauseIfTheEndpointCannotBeReached) {
    vcenter_->unreachable = 1;

    const auto report = await(service_.checkEndpoint(id_));

    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().message(), HasSubstr("connection refused"));
}

}  // namespace
}  // namespace pcg::proxy
