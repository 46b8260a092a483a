// SPDX-License-Identifier: Apache-2.0
#include "common/net/network.h"

#include <gtest/gtest.h>

namespace pcg::net {
namespace {

bool holds(const std::string& network, const std::string& address) {
    const auto parsed = Network::parse(network);
    EXPECT_TRUE(parsed) << parsed.error().message();
    return parsed && parsed->contains(asio::ip::make_address(address));
}

TEST(Network, ContainsItsAddressesAndNoOthers) {
    EXPECT_TRUE(holds("10.1.0.0/16", "10.1.255.255"));
    EXPECT_FALSE(holds("10.1.0.0/16", "10.2.0.0"));
    EXPECT_TRUE(holds("127.0.0.0/30", "127.0.0.3"));
    EXPECT_FALSE(holds("127.0.0.0/30", "127.0.0.4"));
    EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(holds("192.0.2.7", "192.0.2.6"));
    EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.1"));
    EXPECT_TRUE(holds("fd00::/8", "fdff::1"));
    EXPECT_FALSE(holds("fd00::/8", "fe80::1"));
}

TEST(Network, AnIPv4AddressIsTheSameInIPv6Clothes) {
    EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_FALSE(holds("::/0", "10.1.2.3"));
    EXPECT_FALSE(holds("::/0", "::ffff:10.1.2.3"));
}

TEST(Network, SaysWhatIsWrongWithWhatIsNone) {
    for (const auto* text : {"",
                             "10.0.0.0/33",
                             "10.0.0.1/8",
                             "10.0.0.0/",
                             "10.0.0.0/-1",
                             "10.0.0.0/8 ",
                             "example.com",
                             "::ffff:10.0.0.0/104",
                             "fe80::%1/64"}) {
        EXPECT_FALSE(Network::parse(text)) << text;
    }
}

TEST(Network, AListIsReadAndWritten) {
    const auto networks = parseNetworks("10.0.0.0/8, fd00::/8");
    ASSERT_TRUE(networks);
    EXPECT_EQ(textOf(*networks), "10.0.0.0/8,fd00::/8");
    EXPECT_TRUE(parseNetworks(" ")->empty());
    EXPECT_FALSE(parseNetworks("10.0.0.0/8,"));
    std::string many = "10.0.0.1";
    for (int i = 0; i < 64; ++i) many += ",10.0.0.1";
    EXPECT_FALSE(parseNetworks(many));
}

}  // namespace
}  // namespace pcg::net
