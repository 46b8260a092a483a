// SPDX-License-Identifier: Apache-2.0
// One rule for each address: a set would be refused as a whole where two networks overlap, and with
// it the firewall.
#include "common/base/text.h"

#include <algorithm>
#include <set>

#include "appliance/properties/network_values.h"
#include "appliance/render/files.h"

namespace pcg::appliance {
namespace {

constexpr std::string_view kGateway = "meta skuid pcg-gateway ";
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

struct Place {
    std::string host;  // without brackets
    unsigned port = 0;
};

// Of an origin that parseOrigin() took.
Place placeOf(std::string_view origin, unsigned defaultPort) {
    auto rest = origin.substr(origin.find("://") + 3);
    Place place{std::string(rest), defaultPort};
    const auto end = rest.starts_with('[') ? rest.find(']') + 1 : rest.find(':');
    if (end < rest.size()) {
        place.host = std::string(rest.substr(0, end));
        if (const auto port = parseUnsigned(rest.substr(end + 1)))
            place.port = static_cast<unsigned>(*port);
    }
    if (place.host.starts_with('[')) place.host = place.host.substr(1, place.host.size() - 2);
    return place;
}

// The proxy, by its address if it was given as one.
std::string proxy(const Settings& settings) {
    const bool secured = settings.proxy.url.starts_with("https://");
    const auto place = placeOf(settings.proxy.url, secured ? 443 : 80);
    const bool isAddress = parseAnyAddress(place.host).has_value();
    return std::string(kGateway) + (isAddress ? to(place.host) : "") + "tcp dport " +
           std::to_string(place.port) + " accept\n";
}

// Control plane and bus: their names' addresses change, and the bus is known from the papers only.
std::string saas(const Settings& settings) {
    const bool onlyByProxy = !settings.proxy.url.empty() && settings.proxy.exceptions.empty();
    std::string text;
    if (!settings.proxy.url.empty()) text += proxy(settings);
    if (onlyByProxy) return text;
    std::set<unsigned> ports{443, 4222};
    if (!settings.controlplaneUrl.empty())
        ports.insert(placeOf(settings.controlplaneUrl, 443).port);
    for (const auto port : ports)
        text += std::string(kGateway) + "tcp dport " + std::to_string(port) + " accept\n";
    return text;
}

std::string gateway(const Settings& settings) {
    std::string text;
    for (const auto& network : settings.networks)
        text += std::string(kGateway) + to(network) + "meta l4proto tcp accept\n";
    // What answers there knows this machine's secrets or its neighbours'.
    for (const auto* never : {"169.254.0.0/16", "fe80::/10"})
        text += std::string(kGateway) + to(never) + "counter reject with icmpx admin-prohibited\n";
    if (settings.networks.empty())
        return text + std::string(kGateway) + "meta l4proto tcp accept\n";
    return text + saas(settings);
}

}  // namespace

File egressFile(const Settings& settings) {
    return {std::string(kEgressPath),
            0644,
            "# Written at each boot from the properties.\n" + names(settings) + time(settings) +
                gateway(settings)};
}

}  // namespace pcg::appliance
