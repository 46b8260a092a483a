// SPDX-License-Identifier: Apache-2.0
#include "appliance/render/egress_places.h"

#include "common/base/text.h"
#include "common/net/network.h"

#include <vector>

#include <libpsl.h>

#include "appliance/properties/network_values.h"

namespace pcg::appliance {
namespace {

// NATS has its own port, or shares HTTPS' (WebSocket, TLS first).
constexpr unsigned kNats = 4222;
constexpr unsigned kHttps = 443;

// Of an origin that parseOrigin() took, or HOST[:PORT]; addresses become networks of one.
Place placeOf(std::string_view text, unsigned defaultPort) {
    if (const auto network = net::Network::parse(text)) return {network->text(), defaultPort};
    const auto scheme = text.find("://");
    const auto rest = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
    Place place{std::string(rest), defaultPort};
    const auto end = rest.starts_with('[') ? rest.find(']') + 1 : rest.find(':');
    if (end < rest.size()) {
        place.host = std::string(rest.substr(0, end));
        if (const auto port = parseUnsigned(rest.substr(end + 1)))
            place.port = static_cast<unsigned>(*port);
    }
    if (place.host.starts_with('[')) place.host = place.host.substr(1, place.host.size() - 2);
    if (!place.isNetwork() && parseAnyAddress(place.host))
        place.host += place.host.find(':') == std::string::npos ? "/32" : "/128";
    return place;
}

std::vector<std::string> busHosts(const Settings& settings, const Place& controlPlane) {
    if (!settings.bus.empty()) return settings.bus;
    if (controlPlane.isNetwork()) return {};
    const auto site = siteOf(controlPlane.host);
    if (site.empty()) return {};
    return {site, "." + site};
}

}  // namespace

std::string siteOf(std::string_view host) {
    const auto* list = psl_builtin();
    if (list == nullptr || parseAnyAddress(host)) return {};
    // The list is in small letters, and its names do not end with the root's dot.
    auto name = toLowerAscii(host);
    if (name.ends_with('.')) name.pop_back();
    // Points into `name`.
    const auto* site = psl_registrable_domain(list, name.c_str());
    return site == nullptr ? std::string() : std::string(site);
}

std::set<Place> egressPlaces(const Settings& settings) {
    std::set<Place> places;
    const auto& proxy = settings.proxy;
    if (!proxy.url.empty())
        places.insert(placeOf(proxy.url, proxy.url.starts_with("https://") ? kHttps : 80));
    const bool onlyByProxy = !proxy.url.empty() && proxy.exceptions.empty();
    if (onlyByProxy || settings.controlplaneUrl.empty()) return places;
    const auto controlPlane = placeOf(settings.controlplaneUrl, kHttps);
    const std::set<unsigned> ports{kHttps, kNats, controlPlane.port};
    for (const auto port : ports) places.insert({controlPlane.host, port});
    for (const auto& host : busHosts(settings, controlPlane)) {
        const auto given = placeOf(host, 0);
        if (given.port != 0) places.insert(given);
        if (given.port != 0) continue;
        for (const auto port : ports) places.insert({given.host, port});
    }
    return places;
}

}  // namespace pcg::appliance
