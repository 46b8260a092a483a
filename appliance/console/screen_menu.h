// SPDX-License-Identifier: Apache-2.0
// Internal to the screen: what can be chosen in its settings, and what is filled in there.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace pcg::appliance {

enum MenuItem : std::size_t {
    Network,
    ControlPlane,
    Proxy,
    Time,
    PauseOrResume,
    Support,
    Reboot,
    PowerOff,
    FactoryReset,
    Leave,
    MenuItems
};

struct FieldText {
    std::size_t form;
    std::string_view property;
    std::string_view label;
};

inline constexpr std::array<FieldText, 19> kFields{{
    {Network, "hostname", "Host name"},
    {Network, "ipv4", "IPv4: dhcp, none, ADDRESS/PREFIX"},
    {Network, "gateway4", "IPv4 router"},
    {Network, "ipv6", "IPv6: auto, none, ADDRESS/PREFIX"},
    {Network, "gateway6", "IPv6 router"},
    {Network, "dns", "DNS servers"},
    {Network, "search", "Search domains"},
    {Network, "networks", "Networks of endpoints; empty: any"},
    {ControlPlane, "url", "Control plane, https://..."},
    {ControlPlane, "ca", "Its CA, PEM in base64"},
    {ControlPlane, "ca_sha256", "Or: pin of its root"},
    {ControlPlane, "inspection_ca", "CA of a box that may inspect"},
    {ControlPlane, "tenant", "Expected tenant"},
    {Proxy, "proxy", "HTTP proxy, http://HOST:PORT"},
    {Proxy, "proxy_user", "User"},
    {Proxy, "proxy_password", "Password"},
    {Proxy, "proxy_exceptions", "Reached without it"},
    {Proxy, "proxy_ca", "Its CA, PEM in base64"},
    {Time, "ntp", "NTP servers"},
}};

}  // namespace pcg::appliance
