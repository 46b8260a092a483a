// SPDX-License-Identifier: Apache-2.0
#include "appliance/properties/settings.h"

#include "test/unit/appliance/old_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcg::appliance {
namespace {

const WallTime kNow = fromUnixMilliseconds(1'800'000'000'000);
constexpr const char* kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

// Of 2060; kOldCa ended in 2021.
constexpr const char* kFutureCa =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBRjCB7aADAgECAgECMAoGCCqGSM49BAMCMBExDzANBgNVBAMMBmZ1dHVyZTAi\n"
    "GA8yMDYwMDEwMTAwMDAwMFoYDzIwNjEwMTAxMDAwMDAwWjARMQ8wDQYDVQQDDAZm\n"
    "dXR1cmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ/iZBamtOuyQDCf3D7uTQ9\n"
    "LUYI9pAOePGdB2yF343l3mw/STVjkimvkveSBuqb/74oblje955dgpwkhU5DBNWn\n"
    "ozIwMDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBSW3v8n062doh3dbdKw+2jF\n"
    "PelL2TAKBggqhkjOPQQDAgNIADBFAiEA7vbTN+1oJJ9RBDJjZuhIMFZywTN2Jskk\n"
    "YjIZYqFD0RwCIGzHKutxYpccyRadmUfHg9ijlr7Z2jgQ5ct2UyWDwb+y\n"
    "-----END CERTIFICATE-----\n";

ReadSettings read(Properties properties) {
    properties.emplace("url", "https://pair.example.com");
    return readSettings(properties, kNow);
}

std::vector<std::string> codes(const ReadSettings& result) {
    std::vector<std::string> names;
    names.reserve(result.problems.size());
    for (const auto& problem : result.problems) names.push_back(problem.code);
    return names;
}

TEST(Settings, WithoutAnythingTheMachineAsksTheNetworkAndNamesWhatIsMissing) {
    const auto result = readSettings({}, kNow);

    EXPECT_EQ(result.settings.hostname, "pcg-gateway");
    EXPECT_EQ(result.settings.ipv4.mode, AddressMode::Automatic);
    EXPECT_EQ(codes(result), std::vector<std::string>{"appliance.property.url"});
}

TEST(Settings, ReadsAStaticNetwork) {
    const auto result = read({{"hostname", "DC1.example.com"},
                              {"ipv4", "192.0.2.10/255.255.255.0"},
                              {"gateway4", "192.0.2.1"},
                              {"ipv6", "2001:DB8::10/64"},
                              {"gateway6", "fe80::1"},
                              {"dns", "192.0.2.53 ,2001:db8::53"},
                              {"search", "example.com"},
                              {"ntp", "ntp.example.com 192.0.2.123"}});

    EXPECT_TRUE(result.problems.empty()) << result.problems[0].message;
    EXPECT_EQ(result.settings.hostname, "dc1.example.com");
    EXPECT_EQ(result.settings.ipv4.address, "192.0.2.10/24");
    EXPECT_EQ(result.settings.ipv4.gateway, "192.0.2.1");
    EXPECT_EQ(result.settings.ipv6.address, "2001:db8::10/64");
    EXPECT_EQ(result.settings.ipv6.gateway, "fe80::1");
    EXPECT_THAT(result.settings.dns, testing::ElementsAre("192.0.2.53", "2001:db8::53"));
    EXPECT_THAT(result.settings.ntp, testing::ElementsAre("ntp.example.com", "192.0.2.123"));
}

TEST(Settings, AWrongValueIsLeftOutAndNamedAndTheRestCounts) {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"ipv4", "10.0.0.5/255.0.255.0"},
        {"ipv4", "10.0.0.5"},
        {"ipv4", "10.0.0.5/0"},
        {"ipv4", "10.0.0.0/24"},
        {"ipv4", "10.0.0.255/24"},
        {"ipv4", "10.0.0.5/24\nDHCP=yes"},
        {"ipv6", "2001:db8::/64"},
        {"gateway4", "10.0.0.1"},
        {"hostname", "bad_name"},
        {"hostname", "a\n[Network]"},
        {"dns", "resolver"},
        {"ntp", "not a/name"},
        {"url", "pair.example.com"},
        {"url", "http://pair.example.com"},
        {"url", "https://pair.example.com/path"},
        {"url", "https://pair.example.com:0"},
        {"url", "https://user@pair.example.com"},
        {"ca", "no certificate"},
        {"ca_sha256", "abc"},
        {"tenant", "acme"},
        {"remote", "everything"},
        {"proxy", "proxy:3128"},
        {"ssh_key", "command=\"sh\" ssh-ed25519 AAAA"},
        {"ssh_key", "ssh-ed25519 AAAA"},
    };
    for (const auto& [name, value] : wrong) {
        Properties properties{{name, value}};
        if (name != "hostname") properties.emplace("hostname", "gw1");
        const auto result = read(properties);
        ASSERT_FALSE(result.problems.empty()) << name << " " << value;
        EXPECT_EQ(result.problems[0].code, "appliance.property." + name) << value;
        EXPECT_GT(result.problems[0].message.size(), 20U);
        if (name != "hostname") {
            EXPECT_EQ(result.settings.hostname, "gw1");
        }
    }
}

TEST(Settings, ARouterOutsideOfTheSubnetIsNamed) {
    const auto result = read({{"ipv4", "192.0.2.10/24"}, {"gateway4", "198.51.100.1"}});

    EXPECT_EQ(codes(result), std::vector<std::string>{"appliance.property.gateway4"});
    EXPECT_EQ(result.settings.ipv4.address, "192.0.2.10/24");
    EXPECT_EQ(result.settings.ipv4.gateway, "");
}

TEST(Settings, ACaThatIsOverOrNotYetValidIsNamedAndUsedAndTheClockWithIt) {
    const auto over = read({{"ca", kOldCa}});
    ASSERT_EQ(codes(over), std::vector<std::string>{"appliance.property.ca"});
    EXPECT_THAT(over.problems[0].message, testing::HasSubstr("CN=old ended on 2021-01-01"));
    EXPECT_THAT(over.problems[0].message, testing::HasSubstr("it says 2027-01-15"));
    EXPECT_EQ(over.settings.caPem, kOldCa);

    const auto early = read({{"ca", kFutureCa}});
    ASSERT_EQ(codes(early), std::vector<std::string>{"appliance.property.ca"});
    EXPECT_THAT(early.problems[0].message, testing::HasSubstr("begins on 2060-01-01"));
    EXPECT_THAT(early.problems[0].message, testing::HasSubstr("clock right? It says 2027-01-15"));
}

TEST(Settings, NoBoxMayInspectAndNoOtherAuthorityCountsUnlessItIsGiven) {
    const auto none = read({{"proxy", "https://proxy.example.com"}});
    EXPECT_EQ(none.settings.inspectionCaPem, "");
    EXPECT_EQ(none.settings.proxy.caPem, "");

    const auto given = read({{"proxy", "https://proxy.example.com"},
                             {"proxy_ca", kOldCa},
                             {"inspection_ca", kFutureCa}});
    EXPECT_EQ(codes(given),
              (std::vector<std::string>{"appliance.property.proxy_ca",
                                        "appliance.property.inspection_ca"}))
        << "one is over, one not yet valid: named, and used";
    EXPECT_EQ(given.settings.proxy.caPem, kOldCa);
    EXPECT_EQ(given.settings.inspectionCaPem, kFutureCa);
}

TEST(Settings, AnAuthorityThatCannotBeReadIsNamedAndAcceptsNothing) {
    const auto result = read({{"proxy", "https://proxy.example.com"},
                              {"proxy_ca", std::string(kOldCa).substr(0, 300)},
                              {"inspection_ca", "no certificate"}});

    ASSERT_EQ(codes(result),
              (std::vector<std::string>{"appliance.property.proxy_ca",
                                        "appliance.property.inspection_ca"}));
    EXPECT_THAT(result.problems[0].message, testing::HasSubstr("public authorities count"));
    EXPECT_THAT(result.problems[1].message, testing::HasSubstr("Nothing that inspects TLS"));
    EXPECT_EQ(result.settings.proxy.caPem, "");
    EXPECT_EQ(result.settings.inspectionCaPem, "");
    EXPECT_EQ(result.settings.proxy.url, "https://proxy.example.com");
}

TEST(Settings, AnAuthorityOfAProxyWithoutTlsIsNamedAndLeftOut) {
    for (const auto* proxy : {"http://proxy.example.com:3128", ""}) {
        const auto result = read({{"proxy", proxy}, {"proxy_ca", kOldCa}});
        EXPECT_THAT(codes(result), testing::Contains("appliance.property.proxy_ca")) << proxy;
        EXPECT_EQ(result.settings.proxy.caPem, "") << proxy;
    }
}

TEST(Settings, ARouterBesideAnAddressThatIsASubnetOfItsOwnIsOnTheLink) {
    const auto result = read({{"ipv4", "203.0.113.10/32"},
                              {"gateway4", "172.31.1.1"},
                              {"ipv6", "2001:db8::10/128"},
                              {"gateway6", "2001:db8:1::1"}});

    EXPECT_TRUE(result.problems.empty()) << result.problems[0].message;
    EXPECT_EQ(result.settings.ipv4.gateway, "172.31.1.1");
    EXPECT_TRUE(result.settings.ipv4.gatewayOnLink);
    EXPECT_TRUE(result.settings.ipv6.gatewayOnLink);
    EXPECT_FALSE(
        read({{"ipv4", "192.0.2.10/24"}, {"gateway4", "192.0.2.1"}}).settings.ipv4.gatewayOnLink);
    EXPECT_FALSE(
        read({{"ipv6", "2001:db8::10/128"}, {"gateway6", "fe80::1"}}).settings.ipv6.gatewayOnLink)
        << "a link-local router is on the link anyway";
    for (const auto* router : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "203.0.113.10"}) {
        const auto wrong = read({{"ipv4", "203.0.113.10/32"}, {"gateway4", router}});
        EXPECT_EQ(codes(wrong), std::vector<std::string>{"appliance.property.gateway4"}) << router;
    }
}

TEST(Settings, ACaThatIsDamagedIsNotUsedAndTheMessageSaysWhatToPaste) {
    for (const auto& damaged :
         {std::string(kOldCa).replace(100, 1, "#"),
          std::string(kOldCa).substr(0, 300),
          std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----")}) {
        const auto result = read({{"ca", damaged}});
        EXPECT_EQ(codes(result), std::vector<std::string>{"appliance.property.ca"}) << damaged;
        EXPECT_THAT(result.problems[0].message, testing::HasSubstr("paste the PEM text"));
        EXPECT_EQ(result.settings.caPem, "");
    }
}

TEST(Settings, APropertyThatDoesNotExistIsNamedWithTheOneThatWasMeant) {
    const auto result = read({{"host_name", "gw1"}});

    ASSERT_EQ(codes(result), std::vector<std::string>{"appliance.property_unknown"});
    EXPECT_THAT(result.problems[0].message, testing::HasSubstr("pcgw.hostname"));
}

TEST(Settings, SshKeysArriveWhateverBecameOfTheirLineEnds) {
    const auto result = read({{"ssh_key", std::string(kKey) + " a@b\\n" + kKey + " c\r\n# no\n"}});

    EXPECT_TRUE(result.problems.empty());
    EXPECT_THAT(result.settings.sshKeys, testing::ElementsAre(kKey, kKey));
}

TEST(Settings, ALimitThatWasMistypedIsNoPermission) {
    EXPECT_EQ(read({}).settings.networks, privateNetworks());
    EXPECT_THAT(read({{"networks", "10.0.0.0/8, fd00::/8 192.0.2.1"}}).settings.networks,
                testing::ElementsAre("10.0.0.0/8", "fd00::/8", "192.0.2.1/32"));

    const auto half = read({{"networks", "10.0.0.0/8,10.1.2.3/16"}});
    EXPECT_EQ(codes(half), std::vector<std::string>{"appliance.property.networks"});
    EXPECT_THAT(half.problems[0].message, testing::HasSubstr("are not reached until"));
    EXPECT_THAT(half.settings.networks, testing::ElementsAre("10.0.0.0/8"));
    EXPECT_EQ(codes(read({{"networks", "169.254.0.0/16"}})),
              std::vector<std::string>{"appliance.property.networks"});
    EXPECT_TRUE(codes(read({{"networks", "0.0.0.0/0, ::/0"}})).empty());
    EXPECT_THAT(read({{"networks", "all"}}).settings.networks,
                testing::ElementsAre("255.255.255.255/32"));
}

TEST(Settings, HostsOfTheBusAreTakenWithAPortOrWithoutAndNothingIsGuessedForOneThatIsWrong) {
    const auto good =
        read({{"bus", "BUS.example.net, *.n.example:4333 192.0.2.7, [2001:db8::7]:443"}});
    EXPECT_TRUE(codes(good).empty());
    EXPECT_THAT(good.settings.bus,
                testing::ElementsAre(
                    "bus.example.net", ".n.example:4333", "192.0.2.7/32", "[2001:db8::7]:443"));

    const auto bad = read({{"bus", "https://bus.example.net"}});
    EXPECT_THAT(codes(bad), testing::Contains("appliance.property.bus"));
    EXPECT_THAT(bad.settings.bus, testing::ElementsAre("255.255.255.255/32"));
}

TEST(Settings, APasswordInAnAddressIsNotShown) {
    const auto result = read({{"proxy", "http://user:canary@proxy.example.com:3128"}});

    ASSERT_FALSE(result.problems.empty());
    EXPECT_THAT(result.problems[0].message, testing::Not(testing::HasSubstr("canary")));
}

TEST(Settings, AProxyIsTakenWithItsCredentialsAndExceptions) {
    const auto result = read({{"proxy", "https://proxy.example.com:3128"},
                              {"proxy_user", "u"},
                              {"proxy_password", "p:w"},
                              {"proxy_exceptions", ".corp.example, 10.0.0.0/8"}});

    EXPECT_TRUE(result.problems.empty());
    EXPECT_EQ(result.settings.proxy.url, "https://proxy.example.com:3128");
    EXPECT_EQ(result.settings.proxy.user, "u");
    EXPECT_EQ(result.settings.proxy.password, "p:w");
    EXPECT_THAT(result.settings.proxy.exceptions,
                testing::ElementsAre(".corp.example", "10.0.0.0/8"));
}

TEST(Settings, WhatAProxyCouldNotUnderstandIsLeftOutAndNamed) {
    const auto result = read({{"proxy", "http://proxy.example.com:3128"},
                              {"proxy_user", "u:x"},
                              {"proxy_password", "canary"},
                              {"proxy_exceptions", "10.0.0.1/8, pair.example.com"}});

    EXPECT_EQ(codes(result),
              (std::vector<std::string>{"appliance.property.proxy_user",
                                        "appliance.property.proxy_exceptions"}));
    EXPECT_EQ(result.settings.proxy.user, "");
    EXPECT_THAT(result.settings.proxy.exceptions, testing::ElementsAre("pair.example.com"));
    for (const auto& problem : result.problems)
        EXPECT_THAT(problem.message, testing::Not(testing::HasSubstr("canary")));
}

}  // namespace
}  // namespace pcg::appliance
