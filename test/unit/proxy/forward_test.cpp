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

class Forward : public test::ForwardTest {};

TEST_F(Forward, OpensTheWayInWithoutALogin) {
    const auto exchange =
        soap(envelope(call("RetrieveServiceContent", "ServiceInstance", "ServiceInstance")));

    EXPECT_EQ(exchange->response.status, 200);
    EXPECT_EQ(exchange->body, test::capturedSoap("responses/RetrieveServiceContent.xml"));
    EXPECT_EQ(lastAsked().head.headers.count("Cookie"), 0U);
}

TEST_F(Forward, SendsTheBodyAsItCameWithTheCookieOfTheEndpoint) {
    const auto cookie = login();

    const auto exchange = soap(currentTime(), cookie);

    EXPECT_EQ(exchange->body, "answer to CurrentTime");
    EXPECT_EQ(lastAsked().body, currentTime());
    EXPECT_EQ(lastAsked().head.body, BodyFraming::ofLength(currentTime().size()));
    EXPECT_EQ(*lastAsked().head.headers.find("Cookie"),
              std::string("vmware_soap_session=\"") + test::kUpstreamCookie + "\"");
}

TEST_F(Forward, DoesNotLetTheEndpointSpeakForTheGateway) {
    const auto cookie = login();
    vcenter_->answer = [](const test::Asked&) {
        test::Answer answer;
        answer.headers.add("Pcg-Access-Key", "ak_of_somebody_else");
        answer.headers.add("Pcg-Refusal", "proxy.forged");
        return answer;
    };

    const auto exchange = soap(currentTime(), cookie);

    const auto& headers = exchange->response.headers;
    EXPECT_EQ(*headers.find("Pcg-Access-Key"), test::kKey);
    EXPECT_EQ(*headers.find("Pcg-Method"), "CurrentTime");
    EXPECT_EQ(headers.find("Pcg-Refusal"), nullptr);
}

TEST_F(Forward, KeepsAChunkedRequestChunked) {
    const auto cookie = login();
    auto head = test::soapHead(cookie);
    head.body = BodyFraming::chunked();
    const auto exchange = open(head);
    exchange->add(currentTime().substr(0, 10));
    exchange->add(currentTime().substr(10));
    exchange->end();
    run();

    EXPECT_EQ(exchange->body, "answer to CurrentTime");
    EXPECT_EQ(lastAsked().head.body, BodyFraming::chunked());
    EXPECT_EQ(lastAsked().body, currentTime());
}

TEST_F(Forward, AnswersNotAuthenticatedWithoutACookieOfOurs) {
    for (const std::string cookie : {"",
                                     "vmware_soap_session=unknown",
                                     "vmware_soap_session=\"upstream-cookie-value\"",
                                     "other=1"}) {
        const auto exchange = soap(currentTime(), cookie);

        EXPECT_EQ(exchange->response.status, 500);
        EXPECT_THAT(exchange->body, HasSubstr("xsi:type=\"NotAuthenticated\""));
    }
    EXPECT_THAT(vcenter_->asked, IsEmpty());
}

TEST_F(Forward, WritesABoundedNumberOfLinesAboutRefusedRequestsAndSaysHowManyItLeftOut) {
    for (unsigned i = 0; i < LineBudget::kLines + 80; ++i) soap(currentTime());

    EXPECT_EQ(log_.count("proxy.denied"), LineBudget::kLines);
    EXPECT_EQ(audit_.records.size(), LineBudget::kLines + 80) << "the audit counts for itself";
    clock_.advance(LineBudget::kWhile);
    soap(currentTime());
    soap(currentTime());
    EXPECT_EQ(log_.count("proxy.denied"), LineBudget::kLines + 2);
    EXPECT_TRUE(log_.contains("\"left_out\":80"));
    EXPECT_TRUE(log_.lines().back().find("\"left_out\":0") != std::string::npos);
}

TEST_F(Forward, DoesNotTakeTheCookieOfOneEndpointAtAnother) {
    const auto other = wire::newId<wire::EndpointId>(random_);
    const auto other_vcenter = std::make_shared<test::FakeVcenter>(loop_);
    other_vcenter->answer = test::vcenterAnswer;
    await(service_.put({other, "vc2", "other.example"}, other_vcenter));
    vault_.authorities.emplace(other, "other.example");
    const auto cookie = login(&other);
    ASSERT_FALSE(cookie.empty());

    const auto exchange = soap(currentTime(), cookie);

    EXPECT_THAT(exchange->body, HasSubstr("NotAuthenticated"));
    EXPECT_THAT(vcenter_->asked, IsEmpty());
}

TEST_F(Forward, EndsTheSessionWithALogout) {
    const auto cookie = login();
    const auto logout = envelope(call("Logout", "SessionManager", "SessionManager"));

    EXPECT_EQ(soap(logout, cookie)->body, "answer to Logout");

    EXPECT_EQ(service_.sessionCount(id_), 0U);
    EXPECT_THAT(methodsAsked(*vcenter_), ElementsAre("Login", "Logout"));
    EXPECT_THAT(soap(currentTime(), cookie)->body, HasSubstr("NotAuthenticated"));
}

TEST_F(Forward, KeepsTheSessionIfTheLogoutDidNotArrive) {
    const auto cookie = login();
    vcenter_->unreachable = 2;

    EXPECT_EQ(soap(envelope(call("Logout", "SessionManager", "x")), cookie)->response.status, 503);

    EXPECT_EQ(service_.sessionCount(id_), 1U);
}

TEST_F(Forward, DeniesAMethodWithAFaultThatClientsUnderstand) {
    keys_.role = Role::Inventory;
    const auto cookie = login();

    const auto exchange =
        soap(envelope(call("PowerOffVM_Task", "VirtualMachine", "vm-42")), cookie);

    EXPECT_EQ(exchange->response.status, 500);
    EXPECT_THAT(exchange->body, HasSubstr("xsi:type=\"NoPermission\""));
    EXPECT_THAT(exchange->body, HasSubstr("<object type=\"VirtualMachine\">vm-42</object>"));
    EXPECT_THAT(exchange->body, HasSubstr("Gateway.PowerOffVM_Task"));
    EXPECT_EQ(vcenter_->asked.size(), 1U);
    EXPECT_EQ(audit_.records.back().decision, "proxy.method_denied");
    EXPECT_EQ(audit_.records.back().object, "VirtualMachine:vm-42");
    EXPECT_EQ(audit_.records.back().outcome, "not-dispatched");
}

TEST_F(Forward, TakesTheMethodFromTheBodyWhateverSoapActionSays) {
    keys_.role = Role::Inventory;
    auto head = test::soapHead(login());
    head.headers.set("SOAPAction", "urn:vim25/CurrentTime");

    const auto exchange = ask(head, envelope(call("PowerOffVM_Task", "VirtualMachine", "vm-1")));

    EXPECT_THAT(exchange->body, HasSubstr("NoPermission"));
}

TEST_F(Forward, RefusesASmuggledCallAndSendsNothing) {
    const auto cookie = login();
    const auto asked = vcenter_->asked.size();
    const auto bodies = {envelope(call("CurrentTime", "T", "i") + call("Logout", "T", "i")),
                         "<!DOCTYPE x>" + currentTime(),
                         std::string("not xml"),
                         currentTime() + currentTime()};
    for (const auto& body : bodies) {
        const auto exchange = soap(body, cookie);
        EXPECT_EQ(exchange->response.status, 400) << body;
        EXPECT_THAT(exchange->body, HasSubstr("proxy.bad_envelope"));
    }
    EXPECT_EQ(vcenter_->asked.size(), asked);
}

TEST_F(Forward, NeverCompletesALargeRequestThatTurnsOutToBeSmuggled) {
    auto head = test::soapHead(login());
    head.body = BodyFraming::chunked();
    const auto exchange = open(head);
    auto first = envelope(
        call("CreateImportSpec", "OvfManager", "x", "<o>" + std::string(200 * 1024, 'a') + "</o>"));
    first.resize(first.find("</s:Body>"));
    exchange->add(first);
    run();
    ASSERT_THAT(methodsAsked(*vcenter_), ElementsAre("Login", "CreateImportSpec"));

    exchange->add(call("Destroy_Task", "VirtualMachine", "vm-1") + "</s:Body></s:Envelope>");
    exchange->end();
    run();

    EXPECT_EQ(exchange->response.status, 400);
    EXPECT_FALSE(lastAsked().finished);
    EXPECT_TRUE(lastAsked().cancelled);
    EXPECT_THAT(lastAsked().body, Not(HasSubstr("Destroy_Task")));
}

TEST_F(Forward, StreamsALargeRequestBeforeItIsComplete) {
    auto head = test::soapHead(login());
    const auto whole = envelope(
        call("CreateImportSpec", "OvfManager", "x", "<o>" + std::string(200 * 1024, 'a') + "</o>"));
    head.body = BodyFraming::ofLength(whole.size());
    const auto exchange = open(head);
    exchange->add(whole.substr(0, 150 * 1024));
    run();
    EXPECT_EQ(lastAsked().body.size(), 150 * 1024U);

    exchange->add(whole.substr(150 * 1024));
    run();

    EXPECT_EQ(lastAsked().body, whole);
    EXPECT_EQ(exchange->body, "answer to CreateImportSpec");
    EXPECT_EQ(audit_.records.back().bytes_in, whole.size());
}

TEST_F(Forward, MapsTheSessionCookieOfTheSoapHeader) {
    const auto cookie = login();
    const auto token = cookie.substr(cookie.find('=') + 1);
    auto head = test::soapHead();
    head.target = "/pbm/sdk";
    const auto body =
        envelope("<PbmQueryProfile xmlns=\"urn:pbm\"><_this type=\"P\">p</_this></PbmQueryProfile>",
                 "<vcSessionCookie>" + token + "</vcSessionCookie>");

    const auto exchange = ask(head, body);

    EXPECT_EQ(exchange->body, "answer to PbmQueryProfile");
    EXPECT_THAT(lastAsked().body,
                HasSubstr("<vcSessionCookie>upstream-cookie-value</vcSessionCookie>"));
    EXPECT_EQ(lastAsked().head.body.length, lastAsked().body.size());
}

TEST_F(Forward, PutsTheEndpointsCookieIntoItsElementAndNowhereElse) {
    const auto cookie = login();
    const auto token = cookie.substr(cookie.find('=') + 1);
    auto head = test::soapHead();
    head.target = "/pbm/sdk";
    const auto body =
        envelope("<PbmQueryProfile xmlns=\"urn:pbm\"><_this type=\"P\">p</_this></PbmQueryProfile>",
                 "<!-- " + token + " --><operationID>" + token + "</operationID>" +
                     "<vcSessionCookie> " + token + "</vcSessionCookie>");

    ask(head, body);

    EXPECT_THAT(lastAsked().body, HasSubstr("<operationID>" + token + "</operationID>"));
    EXPECT_THAT(lastAsked().body,
                HasSubstr("<vcSessionCookie>upstream-cookie-value</vcSessionCookie>"));
    EXPECT_EQ(lastAsked().body.find("upstream-cookie-value"),
              lastAsked().body.rfind("upstream-cookie-value"));
    EXPECT_EQ(lastAsked().head.body.length, lastAsked().body.size());
}

TEST_F(Forward, DoesNotPassOnASessionCookieOfTheSoapHeaderThatIsNotOurs) {
    const auto cookie = login();
    const auto body = envelope(call("CurrentTime", "T", "i"),
                               "<vcSessionCookie>upstream-cookie-value</vcSessionCookie>");

    EXPECT_THAT(soap(body)->body, HasSubstr("NotAuthenticated"));
    EXPECT_THAT(soap(body, cookie)->body, HasSubstr("NotAuthenticated"));
    const auto open_call = envelope(call("RetrieveServiceContent", "T", "i"),
                                    "<vcSessionCookie>upstream-cookie-value</vcSessionCookie>");
    EXPECT_THAT(soap(open_call)->body, HasSubstr("NotAuthenticated"));
    EXPECT_EQ(vcenter_->asked.size(), 1U);
}

TEST_F(Forward, RefusesALoginByTokenAndASecurityHeader) {
    const auto cookie = login();

    EXPECT_THAT(soap(envelope(call("LoginByToken", "SessionManager", "x"),
                              "<Security xmlns=\"urn:wsse\" s:mustUnderstand=\"1\"/>"))
                    ->body,
                HasSubstr("NoPermission"));
    EXPECT_THAT(
        soap(envelope(call("CurrentTime", "T", "i"), "<Security xmlns=\"urn:wsse\"/>"), cookie)
            ->body,
        HasSubstr("NoPermission"));
    EXPECT_EQ(vcenter_->asked.size(), 1U);
}

TEST_F(Forward, AsksForALoginBeforeAFile) {
    const auto exchange = ask(folderHead("GET", ""), "");

    EXPECT_EQ(exchange->response.status, 401);
    EXPECT_THAT(vcenter_->asked, IsEmpty());
}

TEST_F(Forward, DeniesClosedPathsByDefault) {
    for (const auto* target : {"/mob", "/ui", "/api/appliance/x", "/", "/folder/../mob", "//sdk"}) {
        auto head = test::soapHead(login());
        head.target = target;
        const auto exchange = ask(head, currentTime());
        EXPECT_THAT(exchange->response.status, testing::AnyOf(400, 403)) << target;
        EXPECT_THAT(audit_.records.back().surface, testing::AnyOf("denied", "rest")) << target;
    }
    for (const auto& method : methodsAsked(*vcenter_)) EXPECT_EQ(method, "Login");
}

TEST_F(Forward, AnswersAnUnknownEndpointWith404) {
    auto head = test::soapHead();
    head.body = BodyFraming::ofLength(1);
    FakeExchange exchange(loop_, head, "x");
    const auto unknown = wire::newId<wire::EndpointId>(random_);
    net::asio::co_spawn(loop_, service_.serve(exchange, unknown, "r"), net::asio::detached);
    run();

    EXPECT_EQ(exchange.response.status, 404);
    EXPECT_EQ(audit_.records.back().decision, "proxy.no_such_endpoint");
}

TEST_F(Forward, AuditsEveryRequest) {
    const auto cookie = login();
    soap(currentTime(), cookie);

    ASSERT_EQ(audit_.records.size(), 2U);
    const auto& record = audit_.records.back();
    EXPECT_EQ(record.request_id, "0123456789abcdef");
    EXPECT_EQ(record.endpoint, id_);
    EXPECT_EQ(record.peer, "192.0.2.1:1");
    EXPECT_EQ(record.access_key, test::kKey);
    EXPECT_EQ(record.surface, "soap");
    EXPECT_EQ(record.method, "CurrentTime");
    EXPECT_EQ(record.status, 200);
    EXPECT_EQ(record.bytes_in, currentTime().size());
    EXPECT_EQ(record.bytes_out, std::string("answer to CurrentTime").size());
}
}  // namespace
}  // namespace pcg::proxy
