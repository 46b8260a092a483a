// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/cookies.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

using http::HeaderList;

TEST(RequestCookie, IsFoundAmongOthersAndWithoutItsQuotes) {
    const HeaderList headers{{"Cookie", "a=b; vmware_soap_session=\"tok\"; c=d"}};

    EXPECT_EQ(*requestCookie(headers, kSessionCookieName), "tok");
}

TEST(RequestCookie, IsNothingIfThereIsNone) {
    for (const auto* value :
         {"", "; ;", "vmware_soap_sessionx=1", "xvmware_soap_session=1", "=1"}) {
        const HeaderList headers{{"Cookie", value}};
        EXPECT_EQ(*requestCookie(headers, kSessionCookieName), std::nullopt) << value;
    }
    EXPECT_EQ(*requestCookie(HeaderList{}, kSessionCookieName), std::nullopt);
}

TEST(RequestCookie, MayComeTwiceIfItIsTheSame) {
    const HeaderList headers{{"Cookie", "vmware_soap_session=t"},
                             {"cookie", "vmware_soap_session=\"t\""}};

    EXPECT_EQ(*requestCookie(headers, kSessionCookieName), "t");
}

TEST(RequestCookie, IsAnErrorIfTwoReadersCouldChooseDifferently) {
    EXPECT_FALSE(requestCookie({{"Cookie", "vmware_soap_session=a; vmware_soap_session=b"}},
                               kSessionCookieName));
    EXPECT_FALSE(
        requestCookie({{"Cookie", "vmware_soap_session=a"}, {"Cookie", "vmware_soap_session=b"}},
                      kSessionCookieName));
}

TEST(SessionSetCookie, IsOutOfReachOfScriptsAndPlainHttp) {
    EXPECT_EQ(sessionSetCookie("t"), "vmware_soap_session=t; Path=/; HttpOnly; Secure");
}

TEST(CookieJar, SendsBackWhatWasSetAsItWasSet) {
    CookieJar jar;
    jar.take({{"Set-Cookie", "vmware_soap_session=\"abc\"; Path=/; HttpOnly; Secure;"},
              {"set-cookie", "affinity=3"}});

    EXPECT_EQ(jar.header(), "vmware_soap_session=\"abc\"; affinity=3");
    EXPECT_EQ(jar.value(kSessionCookieName), "abc");
}

TEST(CookieJar, KeepsTheLastValueOfACookie) {
    CookieJar jar;
    jar.take({{"Set-Cookie", "a=1"}, {"Set-Cookie", "a=2"}});

    EXPECT_EQ(jar.header(), "a=2");
}

TEST(CookieJar, ForgetsWhatIsTakenBack) {
    CookieJar jar;
    jar.take({{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=1"}, {"Set-Cookie", "c=1"}});

    jar.take({{"Set-Cookie", "a=; Path=/"}, {"Set-Cookie", "b=x; Max-Age=0"}});

    EXPECT_EQ(jar.header(), "c=1");
}

TEST(CookieJar, IgnoresWhatIsNoCookie) {
    CookieJar jar;
    jar.take({{"Set-Cookie", ""},
              {"Set-Cookie", "novalue"},
              {"Set-Cookie", "=x"},
              {"Set-Cookie", "a=b\x7f"},
              {"Set-Cookie", "a=" + std::string(5000, 'x')}});

    EXPECT_EQ(jar.size(), 0U);
}

TEST(CookieJar, DoesNotGrowWithoutBound) {
    CookieJar jar;
    for (int i = 0; i < 100; ++i) {
        jar.take({{"Set-Cookie", "c" + std::to_string(i) + "=1"}});
    }

    EXPECT_EQ(jar.size(), CookieJar::kMostCookies);
}

}  // namespace
}  // namespace pcg::proxy
