// SPDX-License-Identifier: Apache-2.0
// Where a tunnel may lead, by what was resolved once.
#include "vcenter-proxy/tunnel_rules.h"

#include "vcenter-proxy/errc.h"

#include <gmock/gmock.h>

namespace pcg::proxy {
namespace {

using net::asio::ip::make_address;
using testing::HasSubstr;
using Addresses = std::vector<net::asio::ip::address>;

TunnelTarget place(std::string_view text) { return *TunnelTarget::parse(text); }

TunnelList listOf(std::initializer_list<const char*> texts) {
    TunnelList list;
    for (const auto* text : texts) list.push_back(place(text));
    return list;
}

Addresses addresses(std::initializer_list<const char*> texts) {
    Addresses list;
    for (const auto* text : texts) list.push_back(make_address(text));
    return list;
}

// What may be connected to, as texts; empty: refused.
std::vector<std::string> reached(const TunnelList& open,
                                 const char* asked,
                                 const Addresses& resolved,
                                 const Addresses& own = {}) {
    std::vector<std::string> texts;
    const auto allowed = whereTo(open, place(asked), resolved, own);
    EXPECT_TRUE(allowed || allowed.error().is(errc::kTunnelDenied));
    for (const auto& one : allowed ? *allowed : Addresses()) texts.push_back(one.to_string());
    return texts;
}

using Texts = std::vector<std::string>;

TEST(TunnelTarget, HasOneSpelling) {
    EXPECT_EQ(place("VC1.Example.COM.:443").text(), "vc1.example.com:443");
    EXPECT_EQ(place("10.0.0.7:902").text(), "10.0.0.7:902");
    EXPECT_EQ(place("[FD00:0:0::7]:443").text(), "[fd00::7]:443");
    EXPECT_EQ(place("[::ffff:10.0.0.7]:443"), place("10.0.0.7:443"));
    EXPECT_EQ(place("esx_1:443").host(), "esx_1");
    EXPECT_FALSE(place("5ead:443").address());
}

TEST(TunnelTarget, IsNothingThatTwoReadersCouldTakeForDifferentPlaces) {
    for (const auto* text : {"",
                             ":",
                             ":443",
                             "vc1",
                             "vc1:",
                             "vc1:0",
                             "vc1:65536",
                             "vc1:0443x",
                             "vc1:+443",
                             "vc1 :443",
                             "u@vc1:443",
                             "vc1/:443",
                             "vc1:443/",
                             "vc1:443:443",
                             "fd00::7:443",
                             "[fd00::7]",
                             "[fd00::7:443",
                             "[vc1]:443",
                             "[10.0.0.7]:443",
                             "[fe80::1%eth0]:443",
                             "127.1:80",
                             "2130706433:80",
                             "0x7f000001:80",
                             "0177.0.0.1:80",
                             "1.2.3.4.5:80",
                             "a..b:80",
                             "-a:80",
                             "a-:80",
                             "a\x01:80",
                             "*:443",
                             "10.0.0.0/8:443"}) {
        const auto parsed = TunnelTarget::parse(text);
        ASSERT_FALSE(parsed) << text << " is " << parsed->text();
        EXPECT_TRUE(parsed.error().is(errc::kBadTarget)) << text;
    }
    EXPECT_FALSE(TunnelTarget::parse(std::string(300, 'a') + ":443"));
}

TEST(TunnelRules, OpenNothingThatIsNotListedWithItsPort) {
    const auto open = listOf({"vc1.example:443", "10.0.0.7:902"});
    EXPECT_EQ(reached(open, "vc1.example:443", addresses({"10.0.0.1"})), Texts{"10.0.0.1"});
    EXPECT_EQ(reached(open, "10.0.0.7:902", addresses({"10.0.0.7"})), Texts{"10.0.0.7"});
    EXPECT_EQ(reached(open, "vc1.example:22", addresses({"10.0.0.1"})), Texts{});
    EXPECT_EQ(reached(open, "10.0.0.7:443", addresses({"10.0.0.7"})), Texts{});
    // A name is not its address, nor the other way round: who lists one has said nothing of the
    // other.
    EXPECT_EQ(reached(open, "10.0.0.1:443", addresses({"10.0.0.1"})), Texts{});
    EXPECT_EQ(reached(open, "esx7.example:902", addresses({"10.0.0.7"})), Texts{});
}

TEST(TunnelRules, SayWhoCanOpenAPlace) {
    EXPECT_THAT(mayAsk({}, place("vc1:443")).error().message(), HasSubstr("--tunnel HOST:PORT"));
    EXPECT_THAT(mayAsk(listOf({"a:1"}), place("vc1:443")).error().message(),
                HasSubstr("vc1:443 is none of the places"));
}

TEST(TunnelRules, LetNoNameLeadToTheGatewayOrNextToIt) {
    const auto open = listOf({"vc1.example:443"});
    for (const auto* inside : {"127.0.0.1",
                               "127.8.8.8",
                               "0.0.0.0",
                               "169.254.169.254",
                               "169.254.1.1",
                               "224.0.0.1",
                               "255.255.255.255",
                               "100.100.100.200",
                               "168.63.129.16",
                               "192.0.0.192",
                               "::1",
                               "::",
                               "fe80::1",
                               "ff02::1",
                               "fd00:ec2::254",
                               "::ffff:127.0.0.1",
                               "::127.0.0.1",
                               "64:ff9b::a9fe:a9fe",
                               "2002:7f00:1::"}) {
        EXPECT_TRUE(isOutOfReach(make_address(inside))) << inside;
        EXPECT_EQ(reached(open, "vc1.example:443", addresses({inside})), Texts{}) << inside;
        // Of several addresses the good ones are as good as ever.
        EXPECT_EQ(reached(open, "vc1.example:443", addresses({inside, "10.0.0.1"})),
                  Texts{"10.0.0.1"});
    }
    for (const auto* outside : {"10.0.0.1",
                                "192.168.0.1",
                                "172.16.0.1",
                                "fd00::7",
                                "2001:db8::1",
                                "64:ff9b::a00:1",
                                "100.64.0.1"})
        EXPECT_FALSE(isOutOfReach(make_address(outside))) << outside;
}

TEST(TunnelRules, LetNoNameLeadToAnAddressOfTheGateway) {
    const auto open = listOf({"vc1.example:443"});
    const auto own = addresses({"192.0.2.5", "fd00::5", "::ffff:192.0.2.6"});
    for (const auto* address : {"192.0.2.5", "fd00::5", "::ffff:192.0.2.5", "192.0.2.6"})
        EXPECT_EQ(reached(open, "vc1.example:443", addresses({address}), own), Texts{}) << address;
}

TEST(TunnelRules, OpenSuchAnAddressWhenItIsListedItself) {
    const auto open = listOf({"vc1.example:443", "127.0.0.1:443", "192.0.2.5:22"});
    const auto own = addresses({"192.0.2.5"});
    EXPECT_EQ(reached(open, "127.0.0.1:443", addresses({"127.0.0.1"}), own), Texts{"127.0.0.1"});
    EXPECT_EQ(reached(open, "192.0.2.5:22", addresses({"192.0.2.5"}), own), Texts{"192.0.2.5"});
    EXPECT_EQ(reached(open, "vc1.example:443", addresses({"127.0.0.1"}), own), Texts{"127.0.0.1"});
    EXPECT_EQ(reached(open, "vc1.example:443", addresses({"127.0.0.2"}), own), Texts{});
    EXPECT_EQ(reached(open, "127.0.0.1:80", addresses({"127.0.0.1"}), own), Texts{});
}

TEST(TunnelRules, RefuseWithoutSayingWhereANameLeads) {
    const auto why = whereTo(
        listOf({"vc1.example:443"}), place("vc1.example:443"), addresses({"127.0.0.53"}), {});
    ASSERT_FALSE(why);
    EXPECT_THAT(why.error().message(), HasSubstr("its address must be listed"));
    EXPECT_THAT(why.error().message(), testing::Not(HasSubstr("127.0.0.53")));
}

}  // namespace
}  // namespace pcg::proxy
