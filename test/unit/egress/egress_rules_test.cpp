// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/egress_rules.h"

#include "gateway/egress/errc.h"

#include <gtest/gtest.h>

namespace pcg::egress {
namespace {

using Name = EgressRules::Name;

EgressRules rules(std::string_view hosts, std::string_view networks) {
    auto read = EgressRules::parse(hosts, networks);
    EXPECT_TRUE(read) << (read ? "" : read.error().message());
    return std::move(*read);
}

bool allows(const EgressRules& rules, const char* address, std::uint16_t port) {
    return rules.allows(net::asio::ip::make_address(address), port);
}

TEST(EgressRules, WithoutAnyNothingIsReachedAndNoNameIsLookedUp) {
    const auto none = rules("", "");
    EXPECT_EQ(none.judge({"pair.example.com", 443}), Name::Nowhere);
    EXPECT_FALSE(allows(none, "192.0.2.7", 443));
}

TEST(EgressRules, ANameIsReachedOnItsPortWhereverItLeads) {
    const auto named = rules("pair.example.com:443", "");
    EXPECT_EQ(named.judge({"pair.example.com", 443}), Name::Anywhere);
    EXPECT_EQ(named.judge({"PAIR.example.COM.", 443}), Name::Anywhere);
    EXPECT_EQ(named.judge({"pair.example.com", 4222}), Name::Nowhere);
    EXPECT_EQ(named.judge({"x.pair.example.com", 443}), Name::Nowhere);
    EXPECT_EQ(named.judge({"pair.example.com.attacker.example", 443}), Name::Nowhere);
}

TEST(EgressRules, ASuffixIsEveryNameBelowItAndNotTheNameItself) {
    const auto below = rules(".example.com:4222", "");
    EXPECT_EQ(below.judge({"bus.example.com", 4222}), Name::Anywhere);
    EXPECT_EQ(below.judge({"a.bus.example.com", 4222}), Name::Anywhere);
    EXPECT_EQ(below.judge({"example.com", 4222}), Name::Nowhere);
    EXPECT_EQ(below.judge({"badexample.com", 4222}), Name::Nowhere);
}

TEST(EgressRules, NetworksAreReachedOnEveryPortAndByNamesThatLeadThere) {
    const auto inside = rules("", "10.0.0.0/8,fd00::/8");
    EXPECT_TRUE(allows(inside, "10.1.2.3", 443));
    EXPECT_TRUE(allows(inside, "::ffff:10.1.2.3", 8006));
    EXPECT_TRUE(allows(inside, "fd00::7", 22));
    EXPECT_FALSE(allows(inside, "192.0.2.7", 443));
    EXPECT_EQ(inside.judge({"vc1.example.com", 443}), Name::ByAddress);
}

TEST(EgressRules, AnAddressOrANetworkWithAPortIsReachedOnThatOnly) {
    const auto given = rules("192.0.2.7:8443, [2001:db8::/32]:443", "");
    EXPECT_TRUE(allows(given, "192.0.2.7", 8443));
    EXPECT_FALSE(allows(given, "192.0.2.7", 443));
    EXPECT_FALSE(allows(given, "192.0.2.8", 8443));
    EXPECT_TRUE(allows(given, "2001:db8::1", 443));
    EXPECT_EQ(given.judge({"pair.example.com", 8443}), Name::ByAddress);
    EXPECT_EQ(given.judge({"pair.example.com", 22}), Name::Nowhere);
}

TEST(EgressRules, MetadataServicesAndTheLikeAreNeverReached) {
    const auto everything = rules("", "0.0.0.0/0,::/0");
    EXPECT_TRUE(allows(everything, "192.0.2.7", 443));
    for (const auto* never : {"169.254.169.254",
                              "::ffff:169.254.169.254",
                              "fe80::1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "ff02::1",
                              "0.0.0.0",
                              "::"})
        EXPECT_FALSE(allows(everything, never, 80)) << never;
}

TEST(EgressRules, ThisMachineIsReachedByARuleOfItsOwnOnly) {
    const auto everything = rules("0.0.0.0/0:443", "0.0.0.0/0,::/0");
    const auto own = rules("127.0.0.1:443", "127.4.0.0/16,::1");
    for (const auto* loopback : {"127.0.0.1", "127.4.0.1", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_FALSE(allows(everything, loopback, 443)) << loopback;
        EXPECT_TRUE(allows(own, loopback, 443)) << loopback;
        EXPECT_FALSE(EgressRules::mayBeNamed(net::asio::ip::make_address(loopback))) << loopback;
    }
    EXPECT_FALSE(allows(own, "127.0.0.1", 80));
    EXPECT_TRUE(EgressRules::mayBeNamed(net::asio::ip::make_address("192.0.2.7")));
}

TEST(EgressRules, WhatIsNoNameIsLookedUpByNobody) {
    const auto everything = rules("", "0.0.0.0/0");
    for (const auto* bad : {"", ".", "a b", "caf\xc3\xa9.example", "a\nb", "fe80::1%eth0"})
        EXPECT_EQ(everything.judge({bad, 443}), Name::Nowhere) << bad;
    EXPECT_EQ(everything.judge({std::string("a\0b", 3), 443}), Name::Nowhere);
    EXPECT_EQ(everything.judge({std::string(254, 'a'), 443}), Name::Nowhere);
}

TEST(EgressRules, WhatCannotBeReadIsNamed) {
    for (const auto* bad : {"pair.example.com",
                            "pair.example.com:0",
                            "pair.example.com:65536",
                            "2001:db8::1:443",
                            "[pair.example.com]:443",
                            "a b:443",
                            ".:443",
                            ":443"}) {
        const auto read = EgressRules::parse(bad, "");
        ASSERT_FALSE(read) << bad;
        EXPECT_TRUE(read.error().is(kBadRule)) << bad;
        EXPECT_NE(read.error().message().find(bad), std::string::npos) << read.error().message();
    }
    EXPECT_FALSE(EgressRules::parse("", "10.0.0.1/8"));
    std::string many;
    for (int i = 0; i < 65; ++i) many += "h" + std::to_string(i) + ":443,";
    EXPECT_FALSE(EgressRules::parse(many, ""));
}

}  // namespace
}  // namespace pcg::egress
