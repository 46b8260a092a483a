// SPDX-License-Identifier: Apache-2.0
#include "test/unit/proxy/forward_fixture.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using http::BodyFraming;
using test::call;
using test::envelope;
using test::FakeExchange;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// How answers and bodies travel, and how it is said that they did not.
class ForwardTransfer : public test::ForwardTest {};

TEST_F(ForwardTransfer, GivesTheAnswerUnchangedWhateverItsStatus) {
    const auto cookie = login();
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.status = 418;
        answer.body = std::string(300 * 1024, '\xff');
        answer.headers.add("Set-Cookie", "extra=1");
        answer.headers.add("X-Own", "kept");
        return answer;
    };

    const auto exchange = soap(currentTime(), cookie);

    EXPECT_EQ(exchange->response.status, 418);
    EXPECT_EQ(exchange->body, std::string(300 * 1024, '\xff'));
    EXPECT_EQ(exchange->response.headers.count("Set-Cookie"), 0U);
    EXPECT_EQ(*exchange->response.headers.find("X-Own"), "kept");
    EXPECT_TRUE(exchange->finished);
    EXPECT_EQ(audit_.records.back().bytes_out, 300 * 1024U);
    EXPECT_EQ(audit_.records.back().outcome, "complete");

    soap(currentTime(), cookie);
    EXPECT_THAT(*lastAsked().head.headers.find("Cookie"), HasSubstr("extra=1"));
}

TEST_F(ForwardTransfer, CutsOffAnAnswerThatTheEndpointCutOff) {
    const auto cookie = login();
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.body = std::string(1000, 'a');
        answer.truncated = true;
        return answer;
    };

    const auto exchange = soap(currentTime(), cookie);

    EXPECT_TRUE(exchange->aborted);
    EXPECT_FALSE(exchange->finished);
    EXPECT_EQ(audit_.records.back().outcome, "unknown");
}

TEST_F(ForwardTransfer, WaitsForALongPollAndEndsItWhenTheClientGoesAway) {
    auto head = test::soapHead(login());
    const auto body = envelope(call("WaitForUpdatesEx", "PropertyCollector", "pc"));
    head.body = BodyFraming::ofLength(body.size());
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.never = true;
        return answer;
    };
    FakeExchange exchange(loop_, head, body);
    begin(exchange);
    run();
    ASSERT_TRUE(lastAsked().finished);
    ASSERT_FALSE(lastAsked().cancelled);

    exchange.goAway();
    run();

    EXPECT_TRUE(lastAsked().cancelled);
    EXPECT_EQ(audit_.records.back().outcome, "cancelled");
    EXPECT_EQ(audit_.records.back().status, 0);
    EXPECT_EQ(service_.sessionCount(id_), 1U);
}

TEST_F(ForwardTransfer, EndsTheCallIfTheClientGoesAwayWhileSending) {
    auto head = folderHead("PUT", login());
    head.body = BodyFraming::ofLength(1000);
    const auto exchange = open(head);
    exchange->add("first part");
    run();
    ASSERT_EQ(lastAsked().body, "first part");

    exchange->goAway();
    run();

    EXPECT_TRUE(lastAsked().cancelled);
    EXPECT_FALSE(lastAsked().finished);
    EXPECT_EQ(audit_.records.back().outcome, "cancelled");
}

TEST_F(ForwardTransfer, TriesOnceMoreIfNothingWasSent) {
    vcenter_->unreachable = 1;

    EXPECT_EQ(soap(envelope(call("RetrieveServiceContent", "T", "i")))->response.status, 200);
    EXPECT_EQ(vcenter_->attempts, 2);
}

TEST_F(ForwardTransfer, SaysInWordsThatTheEndpointCannotBeReached) {
    vcenter_->unreachable = 2;

    const auto exchange = soap(envelope(call("RetrieveServiceContent", "T", "i")));

    EXPECT_EQ(exchange->response.status, 503);
    EXPECT_THAT(exchange->response.reason, HasSubstr("vc1"));
    EXPECT_THAT(exchange->response.reason, HasSubstr("connection refused"));
    EXPECT_THAT(exchange->body, HasSubstr("connection refused"));
    EXPECT_EQ(*exchange->response.headers.find("Pcg-Outcome"), "not-dispatched");
    EXPECT_EQ(audit_.records.back().outcome, "not-dispatched");
}

TEST_F(ForwardTransfer, NeverSaysTryAgainOfACallThatMayHaveRun) {
    const auto cookie = login();
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.breaks = true;
        return answer;
    };

    const auto exchange = soap(envelope(call("CloneVM_Task", "VirtualMachine", "vm-1")), cookie);

    EXPECT_EQ(exchange->response.status, 504);
    EXPECT_EQ(*exchange->response.headers.find("Pcg-Outcome"), "unknown");
    EXPECT_THAT(exchange->body, HasSubstr("may have run"));
    EXPECT_EQ(vcenter_->asked.size(), 2U) << "asked once, and not again";
    EXPECT_EQ(audit_.records.back().outcome, "unknown");
}

TEST_F(ForwardTransfer, StreamsAFileToADatastore) {
    auto head = folderHead("PUT", login());
    head.body = BodyFraming::chunked();
    const auto exchange = open(head);
    for (int i = 0; i < 10; ++i) exchange->add(std::string(100 * 1024, 'a'));
    run();
    EXPECT_EQ(lastAsked().body.size(), 1000 * 1024U);
    EXPECT_FALSE(lastAsked().finished);

    exchange->end();
    run();

    EXPECT_TRUE(lastAsked().finished);
    EXPECT_EQ(lastAsked().head.target, "/folder/pcg/a.iso?dcPath=DC0&dsName=ds");
    EXPECT_EQ(exchange->response.status, 200);
    EXPECT_EQ(audit_.records.back().surface, "folder");
    EXPECT_EQ(audit_.records.back().method, "PUT");
}

TEST_F(ForwardTransfer, PassesAnEarlyAnswerAndDropsTheRestOfTheUpload) {
    auto head = folderHead("PUT", login());
    head.body = BodyFraming::chunked();
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.status = 507;
        answer.body = "full";
        answer.before_the_body = true;
        return answer;
    };
    const auto exchange = open(head);

    EXPECT_EQ(exchange->response.status, 507);
    EXPECT_EQ(exchange->body, "full");
    EXPECT_TRUE(exchange->finished);
    exchange->add("more that nobody wants");
    exchange->end();
    run();
    EXPECT_FALSE(lastAsked().finished);
    EXPECT_EQ(audit_.records.size(), 2U) << "the request is over";
}

TEST_F(ForwardTransfer, GoesOnSendingIfTheEndpointSaysYesEarly) {
    auto head = folderHead("PUT", login());
    head.body = BodyFraming::chunked();
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.status = 201;
        answer.before_the_body = true;
        return answer;
    };
    const auto exchange = open(head);
    ASSERT_EQ(exchange->response.status, 201);

    exchange->add("the rest");
    exchange->end();
    run();

    EXPECT_EQ(lastAsked().body, "the rest");
    EXPECT_TRUE(lastAsked().finished);
}
}  // namespace
}  // namespace pcg::proxy
