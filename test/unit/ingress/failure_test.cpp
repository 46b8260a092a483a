// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/ingress/failure.h"

#include "common/tunnel/errc.h"
#include "common/wire/errc.h"

#include <gtest/gtest.h>

namespace pcg::controlplane {
namespace {

const Error kOfflineError(tunnel::kOffline, "The gateway is <not> connected.");
const Error kLostError(tunnel::kLost, "Part of the transfer was lost.");

http::RequestHead soapRequest() {
    http::RequestHead head;
    head.method = "POST";
    head.target = "/sdk";
    head.headers.add("Content-Type", "Text/XML; charset=utf-8");
    return head;
}

http::RequestHead restRequest() {
    http::RequestHead head;
    head.method = "GET";
    head.target = "/api/session";
    return head;
}

TEST(IngressFailure, WhatWasNotDispatchedIs503AndMayBeAskedAgain) {
    const auto answer = answerOf(restRequest(), kOfflineError, http::Outcome::NotDispatched);

    EXPECT_EQ(answer.head.status, 503);
    EXPECT_NE(answer.head.headers.find("Retry-After"), nullptr);
    EXPECT_EQ(*answer.head.headers.find("Pcg-Outcome"), "not-dispatched");
    EXPECT_EQ(*answer.head.headers.find("Content-Type"), "application/problem+json");
    EXPECT_NE(answer.body.find("tunnel.offline"), std::string::npos);
    EXPECT_NE(answer.body.find("was not executed"), std::string::npos);
}

TEST(IngressFailure, WhatMayHaveBeenExecutedIs504AndSaysSo) {
    const auto answer = answerOf(restRequest(), kLostError, http::Outcome::Unknown);

    EXPECT_EQ(answer.head.status, 504);
    EXPECT_EQ(answer.head.headers.find("Retry-After"), nullptr);
    EXPECT_EQ(*answer.head.headers.find("Pcg-Outcome"), "unknown");
    EXPECT_NE(answer.body.find("may have been executed"), std::string::npos);
}

TEST(IngressFailure, SoapClientsGetAFaultTheyCanRead) {
    const auto answer = answerOf(soapRequest(), kOfflineError, http::Outcome::NotDispatched);

    EXPECT_EQ(answer.head.status, 500);
    EXPECT_EQ(*answer.head.headers.find("Pcg-Outcome"), "not-dispatched");
    EXPECT_TRUE(answer.head.headers.find("Content-Type")->starts_with("text/xml"));
    EXPECT_NE(answer.body.find("<faultcode>soapenv:Server</faultcode>"), std::string::npos);
    EXPECT_NE(answer.body.find("The gateway is &lt;not&gt; connected."), std::string::npos);
}

TEST(IngressFailure, KnowsSoapByItsActionToo) {
    auto head = restRequest();
    EXPECT_FALSE(isSoap(head));
    head.headers.add("soapaction", "\"urn:vim25/8.0.0.0\"");
    EXPECT_TRUE(isSoap(head));
}

TEST(IngressFailure, AHeadThatIsTooLargeIsTheClientsMistake) {
    const Error tooLarge(wire::kTooLarge, "The HTTP head is too large.");
    const auto answer = answerOf(restRequest(), tooLarge, http::Outcome::NotDispatched);

    EXPECT_EQ(answer.head.status, 431);
    EXPECT_EQ(answer.head.headers.find("Retry-After"), nullptr);
}

}  // namespace
}  // namespace pcg::controlplane
