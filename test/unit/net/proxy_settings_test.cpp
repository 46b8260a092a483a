// SPDX-License-Identifier: Apache-2.0
#include "common/net/proxy_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcg::net {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ProxyUrl, TakesBothSchemesWithTheirPorts) {
    EXPECT_EQ(parseProxyUrl("http://proxy.example.com:3128")->text(),
              "http://proxy.example.com:3128");
    EXPECT_EQ(parseProxyUrl("http://10.0.0.1/")->target, (Target{"10.0.0.1", 80}));
    const auto secured = parseProxyUrl("https://[fd00::1]");
    ASSERT_TRUE(secured);
    EXPECT_TRUE(secured->tls);
    EXPECT_EQ(secured->text(), "https://[fd00::1]:443");
}

TEST(ProxyUrl, RefusesWhatIsNoAddressAndNeverRepeatsAPassword) {
    for (const auto* url : {"proxy:3128", "socks5://p:1", "http://", "http://p:0", "http://p/x"})
        EXPECT_FALSE(parseProxyUrl(url)) << url;
    const auto withPassword = parseProxyUrl("http://user:canary@proxy:3128");
    ASSERT_FALSE(withPassword);
    EXPECT_THAT(withPassword.error().message(), HasSubstr("proxy_credentials_file"));
    EXPECT_THAT(withPassword.error().message(), Not(HasSubstr("canary")));
}

TEST(ProxyCredentials, AreTheFirstLineAsBasic) {
    const auto value = basicAuthorization("Aladdin:open sesame\r\nnote\n");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->revealText(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(ProxyCredentials, RefusesWhatIsNoneWithoutShowingIt) {
    for (const auto* text : {"", "canary", ":canary", "u:can\tary"}) {
        const auto value = basicAuthorization(text);
        ASSERT_FALSE(value) << text;
        EXPECT_THAT(value.error().message(), Not(HasSubstr("canary")));
    }
    EXPECT_FALSE(basicAuthorization("u:" + std::string(600, 'p')));
}

TEST(ProxyExceptions, ExceptsHostsSuffixesAndNetworks) {
    const auto exceptions =
        ProxyExceptions::parse("pair.example.com, .corp.example ,*.lab.example,10.0.0.0/8,fd00::1");
    ASSERT_TRUE(exceptions) << exceptions.error().message();
    EXPECT_EQ(exceptions->match("PAIR.example.com."), "pair.example.com");
    EXPECT_EQ(exceptions->match("a.b.corp.example"), ".corp.example");
    EXPECT_EQ(exceptions->match("x.lab.example"), "*.lab.example");
    EXPECT_EQ(exceptions->match("10.1.2.3"), "10.0.0.0/8");
    EXPECT_EQ(exceptions->match("fd00::1"), "fd00::1");
    for (const auto* other :
         {"www.pair.example.com", "corp.example", "notcorp.example", "11.0.0.1", "fd00::2"})
        EXPECT_EQ(exceptions->match(other), std::nullopt) << other;
}

TEST(ProxyExceptions, RefusesWhatItWouldNotUnderstandAsItIsMeant) {
    for (const auto* text : {"*", "a b", "pair.example.com:443", "10.0.0.1/8", "http://x", "."})
        EXPECT_FALSE(ProxyExceptions::parse(text)) << text;
    std::string many;
    for (int i = 0; i < 65; ++i) many += "h" + std::to_string(i) + ",";
    EXPECT_FALSE(ProxyExceptions::parse(many));
    EXPECT_TRUE(ProxyExceptions::parse("")->empty());
}

}  // namespace
}  // namespace pcg::net
