# SPDX-License-Identifier: Apache-2.0
"""The properties that an import tool shows, in its order. appliance/properties/settings.cpp reads the same names; a test
compares them."""
import typing

CLASS = "pcgw"


class Property(typing.NamedTuple):
    key: str
    category: str
    label: str
    description: str
    default: str = ""
    password: bool = False
    qualifiers: str = ""


NETWORK, PAIRING, PROXY, ACCESS = "1. Network", "2. Control plane", "3. Proxy", "4. Access"

PROPERTIES = [
    Property("hostname", NETWORK, "Host name", "What the machine is called. Empty: pcg-gateway.", qualifiers="MaxLen(253)"),
    Property("ipv4", NETWORK, "IPv4 address", "dhcp, none, or an address with its prefix length or netmask: 192.0.2.10/24.",
             "dhcp"),
    Property("gateway4", NETWORK, "IPv4 router", "Needed with an address of your own; it must lie in its subnet."),
    Property("ipv6", NETWORK, "IPv6 address", "auto, none, or an address with its prefix length: 2001:db8::10/64.", "auto"),
    Property("gateway6", NETWORK, "IPv6 router", "In the subnet, or link-local (fe80::1)."),
    Property("dns", NETWORK, "DNS servers", "Addresses, separated by commas. Empty: those that DHCP names."),
    Property("search", NETWORK, "DNS search domains", "Separated by commas."),
    Property("ntp", NETWORK, "NTP servers", "Names or addresses, separated by commas. Empty: those that DHCP names, else Debian's."),
    Property("networks", NETWORK, "Networks of the endpoints", "The gateway reaches endpoints in these only: 10.0.0.0/8, 192.0.2.0/24. "
             "Hosts of transfers (ESXi) belong here, too. Empty: the private networks.",
             "10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16, fc00::/7"),
    Property("url", PAIRING, "Control plane's URL", "https://HOST or https://HOST:PORT, nothing behind it."),
    Property("bus", PAIRING, "Hosts of the bus", "HOST, .SUFFIX or network, with :PORT if it is neither 443 nor 4222; separated by commas. "
             "Empty: the control plane's host and those of the same domain."),
    Property("ca", PAIRING, "CA of the control plane", "Its certificate in PEM, or that in base64. Empty: the public authorities.",
             qualifiers="MaxLen(32768)"),
    Property("ca_sha256", PAIRING, "Instead: pin of its root", "SHA-256 of the root's public key, 64 hex digits."),
    Property("inspection_ca", PAIRING, "CA of a box that inspects TLS", "Its certificate in PEM, or that in base64: with it that box may read "
             "along while the gateway pairs, and never later. Empty: nothing may.", qualifiers="MaxLen(32768)"),
    Property("tenant", PAIRING, "Expected tenant", "tn_...: this tenant is accepted without a question, any other refused. "
             "Empty: the console asks."),
    Property("remote", PAIRING, "What the tenant may administer", "nothing, endpoints, keys or all.", "nothing"),
    Property("proxy", PROXY, "HTTP proxy", "http://HOST:PORT or https://HOST:PORT, towards the control plane and the bus. Empty: directly."),
    Property("proxy_user", PROXY, "User at the proxy", "Empty: none."),
    Property("proxy_password", PROXY, "Password at the proxy", "It stays readable in the machine's options.", password=True),
    Property("proxy_exceptions", PROXY, "Reached without the proxy", "Hosts, .suffixes and networks, separated by commas."),
    Property("proxy_ca", PROXY, "CA of an https:// proxy", "Its certificate in PEM, or that in base64. Empty: the public authorities.",
             qualifiers="MaxLen(32768)"),
    Property("ssh_key", ACCESS, "SSH public key", "One line, ssh-ed25519 AAAA...; login admin, for pcgctl only. Empty: SSH is off.",
             qualifiers="MaxLen(32768)"),
]
