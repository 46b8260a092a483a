// SPDX-License-Identifier: Apache-2.0
#include "appliance/render/files.h"

#include "gateway/egress/gate_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "appliance/render/egress_places.h"

namespace pcg::appliance {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string content(const std::vector<File>& files, std::string_view path) {
    const auto found = std::ranges::find_if(files, [&](const File& f) { return f.path == path; });
    return found == files.end() ? std::string("(none)") : found->content;
}

constexpr const char* kNetwork = "/etc/systemd/network/10-pcg.network";
constexpr const char* kGateway = "/etc/pcg-gateway/gateway.json";

TEST(NetworkFiles, AnAddressOfItsOwnIsNotAskedFor) {
    Settings settings;
    settings.ipv4 = {AddressMode::Static, "192.0.2.10/24", "192.0.2.1"};
    settings.ipv6.mode = AddressMode::Off;
    settings.dns = {"192.0.2.53", "192.0.2.54"};

    const auto text = content(networkFiles(settings), kNetwork);

    EXPECT_THAT(text, HasSubstr("\nDHCP=no\n"));
    EXPECT_THAT(text, HasSubstr("\nAddress=192.0.2.10/24\nGateway=192.0.2.1\n"));
    EXPECT_THAT(text, HasSubstr("\nDNS=192.0.2.53 192.0.2.54\n"));
    EXPECT_THAT(text, HasSubstr("\nIPv6AcceptRA=no\n"));
    EXPECT_THAT(text, HasSubstr("\nUseDNS=no\n"));
}

TEST(NetworkFiles, ARouterOutsideOfTheSubnetIsReachedOnTheLink) {
    Settings settings;
    settings.ipv4 = {AddressMode::Static, "203.0.113.10/32", "172.31.1.1", true};
    settings.ipv6 = {AddressMode::Static, "2001:db8::10/64", "fe80::1"};

    const auto text = content(networkFiles(settings), kNetwork);

    EXPECT_THAT(text, HasSubstr("\nAddress=203.0.113.10/32\nAddress=2001:db8::10/64\n"));
    EXPECT_THAT(text, HasSubstr("\nGateway=fe80::1\n"));
    EXPECT_THAT(text, HasSubstr("\n[Route]\nGateway=172.31.1.1\nGatewayOnLink=yes\n"));
}

TEST(NetworkFiles, OtherwiseTheNetworkIsAsked) {
    const auto text = content(networkFiles({}), kNetwork);

    EXPECT_THAT(text, HasSubstr("\nDHCP=yes\n"));
    EXPECT_THAT(text, Not(HasSubstr("Address=")));
}

TEST(GatewayFiles, WithoutAControlPlaneThereIsNoConfiguration) {
    EXPECT_EQ(content(gatewayFiles({}), kGateway), "(none)");
}

TEST(GatewayFiles, WhatTheTenantMayDoAndWhoIsExpectedReachTheGateway) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com";
    settings.caPem = "PEM\n";
    settings.tenant = "tn_x";
    settings.remote = "keys";

    const auto files = gatewayFiles(settings);

    EXPECT_EQ(
        content(files, kGateway),
        R"({"state_dir":"/var/lib/pcg-gateway","control_socket":"/run/pcg-gateway/control.sock",)"
        R"("controlplane_url":"https://pair.example.com",)"
        R"("hostname":"pcg-gateway","console":"none",)"
        R"("controlplane_ca_file":"/etc/pcg-gateway/controlplane-ca.pem",)"
        R"("egress_socket":"/run/pcg-egress/egress.sock",)"
        R"("endpoint_networks":"10.0.0.0/8,100.64.0.0/10,172.16.0.0/12,192.168.0.0/16,fc00::/7",)"
        R"("expected_tenant":"tn_x","remote_keys":true})"
        "\n");
    EXPECT_EQ(content(files, "/etc/pcg-gateway/controlplane-ca.pem"), "PEM\n");
}

TEST(GatewayFiles, TheProxyReachesTheGatewayAndItsPasswordRootOnly) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com";
    settings.proxy = {
        "https://proxy.example.com:3128", "u", "canary", {".a.example", "10.0.0.0/8"}};

    const auto files = gatewayFiles(settings);

    const auto config = content(files, kGateway);
    EXPECT_THAT(config, HasSubstr(R"("proxy_url":"https://proxy.example.com:3128")"));
    EXPECT_THAT(config, HasSubstr(R"("proxy_exceptions":".a.example,10.0.0.0/8")"));
    EXPECT_THAT(config, HasSubstr(R"("proxy_ca_file":"/etc/ssl/certs/ca-certificates.crt")"));
    EXPECT_THAT(config, HasSubstr("/run/credentials/pcg-gateway.service/proxy-credentials"));
    for (const auto& file : files) {
        const bool holds = file.content.find("canary") != std::string::npos;
        EXPECT_EQ(holds, file.path == "/etc/pcg-gateway/proxy-credentials") << file.path;
        if (holds) {
            EXPECT_EQ(file.mode, 0600U);
        }
    }
}

TEST(GatewayFiles, WhatMayInspectAndWhoSignsTheProxyReachTheGatewayWhenTheyWereGiven) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com";
    settings.proxy = {"https://proxy.example.com:3128", "", "", {}, "PROXY\n"};
    EXPECT_THAT(content(gatewayFiles(settings), kGateway), Not(HasSubstr("tls_inspection")));

    settings.inspectionCaPem = "BOX\n";
    const auto files = gatewayFiles(settings);

    const auto config = content(files, kGateway);
    EXPECT_THAT(config, HasSubstr(R"("proxy_ca_file":"/etc/pcg-gateway/proxy-ca.pem")"));
    EXPECT_THAT(config,
                HasSubstr(R"("tls_inspection":"allow-pairing",)"
                          R"("tls_inspection_ca_file":"/etc/pcg-gateway/inspection-ca.pem")"));
    EXPECT_EQ(content(files, "/etc/pcg-gateway/proxy-ca.pem"), "PROXY\n");
    EXPECT_EQ(content(files, "/etc/pcg-gateway/inspection-ca.pem"), "BOX\n");
    for (const auto* path : {"/etc/pcg-gateway/proxy-ca.pem", "/etc/pcg-gateway/inspection-ca.pem"})
        EXPECT_THAT(optionalFiles(), testing::Contains(path)) << "it goes when the property goes";
}

TEST(EgressFile, OnlyTheEgressProcessGoesOutToPrivateNetworksAndThePortsOfTheControlPlane) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com";
    EXPECT_EQ(egressFile(settings).content,
              "# Written at each boot from the properties.\n"
              "meta skuid systemd-resolve meta l4proto { tcp, udp } th dport 53 accept\n"
              "meta skuid systemd-timesync udp dport 123 accept\n"
              "meta skuid pcg-egress ip daddr 169.254.0.0/16 counter reject with icmpx "
              "admin-prohibited\n"
              "meta skuid pcg-egress ip6 daddr fe80::/10 counter reject with icmpx "
              "admin-prohibited\n"
              "meta skuid pcg-egress ip daddr 10.0.0.0/8 meta l4proto tcp accept\n"
              "meta skuid pcg-egress ip daddr 100.64.0.0/10 meta l4proto tcp accept\n"
              "meta skuid pcg-egress ip daddr 172.16.0.0/12 meta l4proto tcp accept\n"
              "meta skuid pcg-egress ip daddr 192.168.0.0/16 meta l4proto tcp accept\n"
              "meta skuid pcg-egress ip6 daddr fc00::/7 meta l4proto tcp accept\n"
              "meta skuid pcg-egress ip daddr . tcp dport @named4 accept\n"
              "meta skuid pcg-egress ip6 daddr . tcp dport @named6 accept\n");
}

TEST(EgressFile, ServersThatWereNamedAreTheOnlyOnes) {
    Settings settings;
    settings.dns = {"192.0.2.53", "2001:db8::53"};
    settings.ntp = {"192.0.2.123"};

    auto text = egressFile(settings).content;

    EXPECT_THAT(text,
                HasSubstr("systemd-resolve ip daddr 192.0.2.53 meta l4proto { tcp, udp } th dport "
                          "53 accept\nmeta skuid systemd-resolve ip6 daddr 2001:db8::53 meta"));
    EXPECT_THAT(text, Not(HasSubstr("systemd-resolve meta")));
    EXPECT_THAT(text, HasSubstr("systemd-timesync ip daddr 192.0.2.123 udp dport 123 accept"));
    settings.ntp = {"192.0.2.123", "ntp.example.com"};
    EXPECT_THAT(egressFile(settings).content, HasSubstr("systemd-timesync udp dport 123 accept"));
}

TEST(EgressFile, NetworksThatWereNamedAreTheOnlyOnes) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com:8443";
    settings.networks = {"10.0.0.0/8", "10.1.0.0/16", "fd00::/8"};

    const auto text = egressFile(settings).content;

    EXPECT_THAT(text, HasSubstr("pcg-egress ip daddr 10.1.0.0/16 meta l4proto tcp accept\n"));
    EXPECT_THAT(text, HasSubstr("pcg-egress ip6 daddr fd00::/8 meta l4proto tcp accept\n"));
    EXPECT_THAT(text, Not(HasSubstr("pcg-egress tcp")));
    EXPECT_THAT(text, Not(HasSubstr("pcg-egress meta")));
    EXPECT_THAT(text, Not(HasSubstr("pcg-gateway")));
    EXPECT_THAT(content(gatewayFiles(settings), kGateway),
                HasSubstr(R"("endpoint_networks":"10.0.0.0/8,10.1.0.0/16,fd00::/8")"));
}

TEST(EgressFile, AControlPlaneThatIsAnAddressIsReachedThereOnly) {
    Settings settings;
    settings.networks = {"10.0.0.0/8"};
    settings.controlplaneUrl = "https://192.0.2.7:8443";
    const auto text = egressFile(settings).content;
    EXPECT_THAT(text, HasSubstr("pcg-egress ip daddr 192.0.2.7/32 tcp dport 8443 accept\n"));
    EXPECT_THAT(text, Not(HasSubstr("pcg-egress tcp")));
}

TEST(EgressFile, BehindAProxyTheSaasIsReachedThroughItOnly) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com";
    settings.networks = {"10.0.0.0/8"};
    settings.proxy.url = "http://[2001:db8::8]:3128";
    EXPECT_THAT(egressFile(settings).content,
                HasSubstr("pcg-egress ip6 daddr 2001:db8::8/128 tcp dport 3128 accept\n"));
    EXPECT_THAT(gateFile(settings).content, HasSubstr(R"("hosts":"[2001:db8::8/128]:3128")"));

    settings.proxy.url = "https://proxy.example.com";
    EXPECT_THAT(gateFile(settings).content, HasSubstr(R"("hosts":"proxy.example.com:443")"));
    settings.proxy.exceptions = {"pair.example.com"};
    EXPECT_THAT(gateFile(settings).content, HasSubstr("pair.example.com:4222"));
}

TEST(GateFile, IsWhatTheEgressProcessReads) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.co.uk:8443";
    const auto file = gateFile(settings);

    const auto read = config::parse(egress::gateSchema(), file.content, file.path);
    ASSERT_TRUE(read) << read.error().message();
    const auto made = egress::gateConfigFrom(*read, file.path);
    ASSERT_TRUE(made) << made.error().message();

    using Name = egress::EgressRules::Name;
    for (const auto port : std::array<std::uint16_t, 3>{443, 4222, 8443})
        for (const auto* host : {"pair.example.co.uk", "bus.example.co.uk", "example.co.uk"})
            EXPECT_EQ(made->rules.judge({host, port}), Name::Anywhere) << host << ":" << port;
    EXPECT_EQ(made->rules.judge({"pair.example.co.uk", 22}), Name::ByAddress);
    EXPECT_EQ(made->rules.judge({"attacker.co.uk", 443}), Name::ByAddress);
    EXPECT_TRUE(made->rules.allows(net::asio::ip::make_address("10.9.8.7"), 8006));
    EXPECT_FALSE(made->rules.allows(net::asio::ip::make_address("192.0.2.7"), 443));
    EXPECT_THAT(content(gatewayFiles(settings), std::string(kGatePath)), testing::Eq(file.content));
    EXPECT_THAT(content(gatewayFiles(settings), kGateway),
                HasSubstr(R"("egress_socket":"/run/pcg-egress/egress.sock")"));
}

TEST(GateFile, ABusThatWasNamedIsTheOnlyOneBesideTheControlPlanesHost) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com";
    settings.bus = {"bus.example.net", ".nats.example.net:4333", "192.0.2.0/24", "2001:db8::7/128"};

    EXPECT_THAT(gateFile(settings).content,
                HasSubstr(R"("hosts":".nats.example.net:4333,192.0.2.0/24:443,192.0.2.0/24:4222,)"
                          R"([2001:db8::7/128]:443,[2001:db8::7/128]:4222,)"
                          R"(bus.example.net:443,bus.example.net:4222,)"
                          R"(pair.example.com:443,pair.example.com:4222")"));
}

TEST(SiteOf, IsTheRegistrableDomainAndOfNothingElse) {
    EXPECT_EQ(siteOf("pair.example.com"), "example.com");
    EXPECT_EQ(siteOf("pair.eu.example.co.uk"), "example.co.uk");
    EXPECT_EQ(siteOf("saas.corp.internal"), "corp.internal");
    EXPECT_EQ(siteOf("me.github.io"), "me.github.io");
    EXPECT_EQ(siteOf("Pair.Example.CO.UK"), "example.co.uk");
    EXPECT_EQ(siteOf("pair.example.co.uk."), "example.co.uk");
    EXPECT_EQ(siteOf("GitHub.io."), "");
    for (const auto* none : {"co.uk", "com", "localhost", "192.0.2.7", "2001:db8::7", ""})
        EXPECT_EQ(siteOf(none), "") << none;
}

TEST(GatewayFiles, TheFirewallOpensForSshOnlyWhenAKeyWasGiven) {
    Settings settings;
    EXPECT_EQ(content(gatewayFiles(settings), "/etc/pcg-appliance/firewall.d/ssh.nft"), "(none)");

    settings.sshKeys = {"ssh-ed25519 AAAA"};
    const auto files = gatewayFiles(settings);

    EXPECT_EQ(content(files, "/etc/pcg-appliance/firewall.d/ssh.nft"), "tcp dport 22 accept\n");
    EXPECT_EQ(content(files, "/etc/pcg-appliance/authorized_keys"), "ssh-ed25519 AAAA\n");
}

}  // namespace
}  // namespace pcg::appliance
