// SPDX-License-Identifier: Apache-2.0
#include "common/wire/endpoint_form.h"

#include "common/wire/errc.h"

#include <gtest/gtest.h>

namespace pcg::wire {
namespace {

std::string read(std::string_view text) {
    const auto address = EndpointAddress::parse(text);
    return address ? address->text() : "refused: " + address.error().message();
}

TEST(EndpointAddress, NormalisesWhatPeoplePaste) {
    for (const auto* text : {"vc.example.com",
                             "https://vc.example.com",
                             "https://vc.example.com/",
                             "HTTPS://VC.example.COM:443/",
                             "https://vc.example.com/ui/",
                             "https://vc.example.com/sdk",
                             "  vc.example.com.  "}) {
        EXPECT_EQ(read(text), "vc.example.com:443") << text;
    }
    EXPECT_EQ(read("https://10.0.0.17:8443/"), "10.0.0.17:8443");
    EXPECT_EQ(read("[2001:DB8::1]"), "[2001:db8::1]:443");
    EXPECT_EQ(read("https://[::1]:9443"), "[::1]:9443");
    EXPECT_EQ(read("http://maas.example/MAAS/").substr(0, 8), "refused:");
}

TEST(EndpointAddress, IsWrittenWithoutThePortThatEverybodyKnows) {
    EXPECT_EQ(EndpointAddress::parse("vc")->url(), "https://vc");
    EXPECT_EQ(EndpointAddress::parse("vc:8443")->url(), "https://vc:8443");
    EXPECT_EQ(EndpointAddress::parse("[::1]:443")->authority(), "[::1]");
}

TEST(EndpointAddress, RefusesWhatCanMeanSomethingElse) {
    for (const auto* text : {"",
                             "https://",
                             "http://vc",
                             "ftp://vc",
                             "https://u:p@vc",
                             "vc:0",
                             "vc:65536",
                             "vc:",
                             "vc:12a",
                             "vc?x",
                             "vc#x",
                             "https://vc/some/path",
                             "v c",
                             "vc..example",
                             "-vc",
                             "v\xc3\xa9.example",
                             "vc%2f",
                             "[::1",
                             "[vc]:1",
                             "[::1]x",
                             "[fe80::1%eth0]",
                             "2001:db8::1"}) {
        const auto address = EndpointAddress::parse(text);
        ASSERT_FALSE(address) << text;
        EXPECT_TRUE(address.error().is(kBadAddress)) << text;
    }
    EXPECT_FALSE(EndpointAddress::parse(std::string(600, 'a')));
    EXPECT_NE(read("http://vc").find("TLS only"), std::string::npos);
}

TEST(EndpointName, IsOneLowerCaseWord) {
    EXPECT_EQ(*parseEndpointName("VC1.lab_2-x"), "vc1.lab_2-x");
    for (const auto* text : {"", "-vc", ".vc", "v c", "v/c", "v\xc3\xa9", "vc\xe2\x80\xae"}) {
        EXPECT_FALSE(parseEndpointName(text)) << text;
    }
    EXPECT_FALSE(parseEndpointName("ep_00000000000000000000000001")) << "looks like an id";
    EXPECT_FALSE(parseEndpointName("EP_00000000000000000000000001"));
    EXPECT_TRUE(parseEndpointName("ep_1"));
    EXPECT_TRUE(parseEndpointName(std::string(63, 'a')));
    EXPECT_FALSE(parseEndpointName(std::string(64, 'a')));
}

TEST(Fingerprint, IsTheSha256InAnySpellingAndNeverASha1) {
    std::string colons;
    for (int i = 0; i < 32; ++i) colons += i == 0 ? "AB" : ":AB";
    std::string plain;
    for (int i = 0; i < 32; ++i) plain += "ab";
    EXPECT_EQ(*parseFingerprint(colons), plain);
    EXPECT_NE(parseFingerprint(std::string(40, 'a')).error().message().find("SHA-1"),
              std::string::npos);
    EXPECT_FALSE(parseFingerprint(std::string(63, 'a')));
    EXPECT_FALSE(parseFingerprint(std::string(64, 'g')));
}

}  // namespace
}  // namespace pcg::wire
