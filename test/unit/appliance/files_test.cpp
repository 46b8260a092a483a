// SPDX-License-Identifier: Apache-2.0
#include "appliance/render/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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

TEST(EgressFile, WithoutLimitsTheGatewayAloneGoesOutByTcpAndNotToWhatIsLinkLocal) {
    EXPECT_EQ(egressFile({}).content,
              "# Written at each boot from the properties.\n"
              "meta skuid systemd-resolve meta l4proto { tcp, udp } th dport 53 accept\n"
              "meta skuid systemd-timesync udp dport 123 accept\n"
              "meta skuid pcg-gateway ip daddr 169.254.0.0/16 counter reject with icmpx "
              "admin-prohibited\n"
              "meta skuid pcg-gateway ip6 daddr fe80::/10 counter reject with icmpx "
              "admin-prohibited\n"
              "meta skuid pcg-gateway meta l4proto tcp accept\n");
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

TEST(EgressFile, WithNetworksEverythingElseIsPortsOfTheSaasOnly) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com:8443";
    settings.networks = {"10.0.0.0/8", "10.1.0.0/16", "fd00::/8"};

    const auto text = egressFile(settings).content;

    EXPECT_THAT(text, HasSubstr("pcg-gateway ip daddr 10.1.0.0/16 meta l4proto tcp accept\n"));
    EXPECT_THAT(text, HasSubstr("pcg-gateway ip6 daddr fd00::/8 meta l4proto tcp accept\n"));
    for (const auto* port : {"443", "4222", "8443"})
        EXPECT_THAT(text, HasSubstr("pcg-gateway tcp dport " + std::string(port) + " accept\n"));
    EXPECT_THAT(text, Not(HasSubstr("pcg-gateway meta")));
    EXPECT_THAT(content(gatewayFiles(settings), kGateway),
                HasSubstr(R"("endpoint_networks":"10.0.0.0/8,10.1.0.0/16,fd00::/8")"));
}

TEST(EgressFile, WithNetworksAndAProxyTheSaasIsReachedThroughItOnly) {
    Settings settings;
    settings.controlplaneUrl = "https://pair.example.com";
    settings.networks = {"10.0.0.0/8"};
    settings.proxy.url = "http://[2001:db8::8]:3128";
    EXPECT_THAT(egressFile(settings).content,
                testing::EndsWith("pcg-gateway ip6 daddr 2001:db8::8 tcp dport 3128 accept\n"));

    settings.proxy.url = "https://proxy.example.com";
    EXPECT_THAT(egressFile(settings).content, testing::EndsWith("gateway tcp dport 443 accept\n"));
    settings.proxy.exceptions = {"pair.example.com"};
    EXPECT_THAT(egressFile(settings).content, HasSubstr("gateway tcp dport 4222 accept\n"));
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
