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
    TryChanges,  // this and the next two: only while something is to be changed
    KeepChanges,
    ForgetChanges,
    PauseOrResume,
    Support,
    ResetAll,
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
    std::string_view hint{};
};

inline constexpr std::array<FieldText, 22> kFields{{
    {Network, "hostname", "Host name"},
    {Network, "ipv4", "IPv4: dhcp, none, ADDRESS/PREFIX"},
    {Network, "gateway4", "IPv4 router", "Empty unless the address is given, too."},
    {Network, "ipv6", "IPv6: auto, none, ADDRESS/PREFIX"},
    {Network, "gateway6", "IPv6 router", "Empty unless the address is given, too."},
    {Network, "dns", "DNS servers", "Separated by commas. Empty: what DHCP says."},
    {Network, "search", "Search domains", "Separated by commas."},
    {Network,
     "networks",
     "Networks of endpoints",
     "10.0.0.0/8,192.0.2.0/24: the gateway reaches no others. Empty: all private ones."},
    {ControlPlane, "url", "Control plane, https://..."},
    {ControlPlane, "ca", "Its CA, PEM or base64 of that", "Up to 32 KiB. Empty: the public ones."},
    {ControlPlane, "ca_sha256", "Or: pin of its root", "SHA-256 of its public key, 64 hex digits."},
    {ControlPlane,
     "tenant",
     "Expected tenant",
     "tn_...: pairs with it without asking, with no other."},
    {ControlPlane,
     "remote",
     "What the tenant may administer",
     "nothing, endpoints, keys or all. What the admin decided at the pairing counts more."},
    {ControlPlane,
     "inspection_ca",
     "CA of a box that may inspect",
     "It may read along while the gateway pairs, never later. Empty: no box may."},
    {ControlPlane,
     "bus",
     "Hosts of the bus",
     "HOST, .SUFFIX or network. Empty: the control plane's host and domain."},
    {Proxy,
     "proxy",
     "HTTP proxy, http://HOST:PORT",
     "Empty: none, and what is below goes with it."},
    {Proxy, "proxy_user", "User", "Empty: none, and the password goes with it."},
    {Proxy,
     "proxy_password",
     "Password",
     "Never shown. What is kept stays unless something is typed."},
    {Proxy,
     "proxy_exceptions",
     "Reached without it",
     "Hosts, .suffixes, networks; commas between."},
    {Proxy,
     "proxy_ca",
     "CA of an https:// proxy, PEM",
     "Up to 32 KiB. Empty: the public authorities."},
    {Time, "ntp", "NTP servers", "Separated by commas. Empty: what DHCP says."},
    {Time,
     "ssh_key",
     "SSH keys; empty: SSH is off",
     "The line of id_ed25519.pub, which begins with ssh-ed25519. Several: \\n between them."},
}};

}  // namespace pcg::appliance
