// SPDX-License-Identifier: Apache-2.0
#include "appliance/render/files.h"

namespace pcg::appliance {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string line(std::string_view key, const std::string& value) {
    return value.empty() ? std::string() : std::string(key) + "=" + value + "\n";
}

std::string dhcpWord(const Settings& settings) {
    const bool v4 = settings.ipv4.mode == AddressMode::Automatic;
    const bool v6 = settings.ipv6.mode == AddressMode::Automatic;
    return v4 && v6 ? "yes" : v4 ? "ipv4" : v6 ? "ipv6" : "no";
}

std::string networkUnit(const Settings& settings) {
    const bool ownDns = !settings.dns.empty();
    std::string text = "[Match]\nType=ether\nName=en* eth*\n\n[Network]\n";
    text += line("DHCP", dhcpWord(settings));
    text += line("LinkLocalAddressing", settings.ipv6.mode == AddressMode::Off ? "no" : "ipv6");
    text += line("IPv6AcceptRA", settings.ipv6.mode == AddressMode::Automatic ? "yes" : "no");
    text += "LLMNR=no\nMulticastDNS=no\n";
    for (const auto* address : {&settings.ipv4, &settings.ipv6}) {
        text += line("Address", address->address);
        if (!address->gatewayOnLink) text += line("Gateway", address->gateway);
    }
    text += line("DNS", joined(settings.dns)) + line("Domains", joined(settings.search));
    for (const auto* address : {&settings.ipv4, &settings.ipv6}) {
        if (address->gatewayOnLink)
            text += "\n[Route]\n" + line("Gateway", address->gateway) + "GatewayOnLink=yes\n";
    }
    text += "\n[DHCPv4]\nClientIdentifier=mac\nUseHostname=no\n";
    text += line("UseDNS", ownDns ? "no" : "yes");
    text += line("UseNTP", settings.ntp.empty() ? "yes" : "no");
    text += "\n[DHCPv6]\n" + line("UseDNS", ownDns ? "no" : "yes");
    text += "\n[IPv6AcceptRA]\n" + line("UseDNS", ownDns ? "no" : "yes");
    return text;
}

std::string hosts(const Settings& settings) {
    return "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 " + settings.hostname + "\n";
}

}  // namespace

std::vector<File> networkFiles(const Settings& settings) {
    std::vector<File> files{
        {"/etc/hostname", 0644, settings.hostname + "\n"},
        {"/etc/hosts", 0644, hosts(settings)},
        {"/etc/systemd/network/10-pcg.network", 0644, networkUnit(settings)},
    };
    if (!settings.ntp.empty()) {
        files.push_back({std::string(kNtpFile),
                         0644,
                         "[Time]\n" + line("NTP", joined(settings.ntp)) + "FallbackNTP=\n"});
    }
    return files;
}

}  // namespace pcg::appliance
