// SPDX-License-Identifier: Apache-2.0
// One rule for each address: a set would be refused as a whole where two networks overlap, and with
// it the firewall.
#include "common/codec/json.h"

#include <algorithm>
#include <set>

#include "appliance/properties/network_values.h"
#include "appliance/render/egress_places.h"
#include "appliance/render/files.h"

namespace pcg::appliance {
namespace {

const std::string kGate = "meta skuid pcg-egress ";
constexpr std::string_view kNames = "meta skuid systemd-resolve ";
constexpr std::string_view kTime = "meta skuid systemd-timesync ";

// "ip daddr 192.0.2.53 ", of an address or a network.
std::string to(const std::string& address) {
    return (address.find(':') == std::string::npos ? "ip daddr " : "ip6 daddr ") + address + " ";
}

std::string names(const Settings& settings) {
    const std::string question = "meta l4proto { tcp, udp } th dport 53 accept\n";
    if (settings.dns.empty()) return std::string(kNames) + question;  // DHCP names them
    std::string text;
    for (const auto& server : settings.dns) text += std::string(kNames) + to(server) + question;
    return text;
}

std::string time(const Settings& settings) {
    const std::string question = "udp dport 123 accept\n";
    const bool known =
        !settings.ntp.empty() && std::ranges::all_of(settings.ntp, [](const std::string& server) {
            return parseAnyAddress(server).has_value();
        });
    if (!known) return std::string(kTime) + question;
    std::string text;
    for (const auto& server : settings.ntp) text += std::string(kTime) + to(server) + question;
    return text;
}

std::string gate(const Settings& settings) {
    std::string text;
    // What answers there knows this machine's secrets or its neighbours'.
    for (const auto* never : {"169.254.0.0/16", "fe80::/10"})
        text += std::string(kGate) + to(never) + "counter reject with icmpx admin-prohibited\n";
    for (const auto& network : settings.networks)
        text += std::string(kGate) + to(network) + "meta l4proto tcp accept\n";
    for (const auto& place : egressPlaces(settings)) {
        if (!place.isNetwork()) continue;
        text += kGate + to(place.host) + "tcp dport " + std::to_string(place.port) + " accept\n";
    }
    // Of names: the gate puts the address there before it connects to it.
    text += kGate + "ip daddr . tcp dport @named4 accept\n";
    text += kGate + "ip6 daddr . tcp dport @named6 accept\n";
    return text;
}

std::string hostsOf(const Settings& settings) {
    std::string text;
    for (const auto& [host, port] : egressPlaces(settings)) {
        const bool bracketed = host.find(':') != std::string::npos;
        text += (text.empty() ? "" : ",") + (bracketed ? "[" + host + "]" : host) + ":" +
                std::to_string(port);
    }
    return text;
}

}  // namespace

File egressFile(const Settings& settings) {
    return {std::string(kEgressPath),
            0644,
            "# Written at each boot from the properties.\n" + names(settings) + time(settings) +
                gate(settings)};
}

File gateFile(const Settings& settings) {
    codec::json::Object config;
    config.set("socket", std::string(kGateSocket))
        .set("hosts", hostsOf(settings))
        .set("firewall_table", "pcg");
    std::string networks;
    for (const auto& network : settings.networks)
        networks += (networks.empty() ? "" : ",") + network;
    config.set("networks", networks);
    return {std::string(kGatePath), 0644, codec::json::write(config) + "\n"};
}

}  // namespace pcg::appliance
