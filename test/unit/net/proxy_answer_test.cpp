// SPDX-License-Identifier: Apache-2.0
#include "common/net/proxy_answer.h"

#include "common/net/errc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcg::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ProxyAnswer answerOf(std::string_view text) {
    ProxyAnswerReader reader;
    const auto used = reader.put(text);
    EXPECT_TRUE(used) << used.error().message();
    EXPECT_TRUE(reader.complete());
    return reader.answer();
}

void expectRefused(std::string_view text) {
    ProxyAnswerReader reader;
    const auto used = reader.put(text);
    ASSERT_FALSE(used) << text;
    EXPECT_EQ(used.error().code(), kProxyProtocol);
    EXPECT_THAT(used.error().message(), HasSubstr("proxy_url"));
}

TEST(ProxyAnswer, LeavesWhatFollowsTheHeadToTheTunnel) {
    ProxyAnswerReader reader;
    const std::string_view head = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
    const auto used = reader.put(std::string(head) + "INFO {}\r\n");
    ASSERT_TRUE(used);
    EXPECT_EQ(*used, head.size());
    EXPECT_TRUE(reader.answer().opened());
    EXPECT_EQ(*reader.put("more"), 0U);
}

TEST(ProxyAnswer, SaysInWhichWaysCredentialsAreTaken) {
    const auto answer = answerOf(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n"
        "proxy-authenticate:Basic realm=\"x\"\r\n\r\n");
    EXPECT_FALSE(answer.opened());
    EXPECT_EQ(answer.reason, "Proxy Authentication Required");
    EXPECT_THAT(answer.schemes, ElementsAre("negotiate", "basic"));
}

TEST(ProxyAnswer, WaitsForTheAnswerBehindAnInterimOne) {
    EXPECT_EQ(answerOf("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 502 Bad\r\n\r\n").status, 502);
}

TEST(ProxyAnswer, RefusesWhatIsNotTheAnswerOfAProxy) {
    for (const auto* text : {"INFO {\"server_id\":\"A\"}\r\n",
                             "SSH-2.0-x\r\n",
                             "HTTP/2 200 OK\r\n\r\n",
                             "HTTP/1.1 20 OK\r\n\r\n",
                             "HTTP/1.1 2000 OK\r\n\r\n",
                             "HTTP/1.1 101 Switching\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n"})
        expectRefused(text);
}

TEST(ProxyAnswer, RefusesAnAnswerWithoutEnd) {
    std::string text = "HTTP/1.1 200 OK\r\n";
    while (text.size() <= ProxyAnswerReader::kMaxOctets) text += "X: y\r\n";
    expectRefused(text);
}

TEST(ProxyAnswer, ShowsNothingOfTheProxysWordsThatATerminalWouldObey) {
    EXPECT_EQ(answerOf("HTTP/1.1 403 \x1b[31mNo\r\n\r\n").reason, "?[31mNo");
}

TEST(ConnectRequest, NamesTheTargetTwiceAndCarriesTheCredentials) {
    const auto request = connectRequest({"pair.example.com", 443}, Secret::fromText("Basic dTpw"));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->revealText(),
              "CONNECT pair.example.com:443 HTTP/1.1\r\nHost: pair.example.com:443\r\n"
              "Proxy-Authorization: Basic dTpw\r\n\r\n");
    EXPECT_THAT(std::string(connectRequest({"::1", 443}, {})->revealText()),
                HasSubstr("CONNECT [::1]:443 HTTP/1.1\r\n"));
}

TEST(ConnectRequest, RefusesAHostThatWouldAddALine) {
    const auto request = connectRequest({"a\r\nX: y", 443}, {});
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().code(), kBadAddress);
}

}  // namespace
}  // namespace pcg::net
