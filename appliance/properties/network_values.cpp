// SPDX-License-Identifier: Apache-2.0
#include "appliance/properties/network_values.h"

#include "common/base/bytes.h"
#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <optional>

#include <arpa/inet.h>

namespace pcg::appliance {
namespace {

constexpr std::size_t kMaxListItems = 16;

struct Address {
    std::array<std::uint8_t, 16> octets{};
    Family family = Family::V4;

    unsigned bits() const { return family == Family::V4 ? 32 : 128; }

    bool bit(unsigned at) const { return (octets[at / 8] >> (7 - at % 8) & 1) != 0; }
};

std::optional<Address> addressOf(std::string_view text, Family family) {
    Address address;
    address.family = family;
    const int kind = family == Family::V4 ? AF_INET : AF_INET6;
    if (::inet_pton(kind, std::string(text).c_str(), address.octets.data()) != 1) return {};
    return address;
}

std::string textOf(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int kind = address.family == Family::V4 ? AF_INET : AF_INET6;
    ::inet_ntop(kind, address.octets.data(), text.data(), text.size());
    return text.data();
}

tl::unexpected<Error> wrong(std::string_view text, std::string_view why) {
    return fail(kBadValue, "\"" + std::string(text.substr(0, 80)) + "\" " + std::string(why));
}

// "24", or for IPv4 a netmask: ones, then zeros.
std::optional<unsigned> prefixOf(std::string_view text, Family family) {
    if (const auto number = parseUnsigned(text)) {
        if (*number < 1 || *number > (family == Family::V4 ? 32U : 128U)) return {};
        return static_cast<unsigned>(*number);
    }
    const auto mask = family == Family::V4 ? addressOf(text, family) : std::nullopt;
    if (!mask) return {};
    unsigned ones = 0;
    while (ones < 32 && mask->bit(ones)) ++ones;
    for (unsigned at = ones; at < 32; ++at)
        if (mask->bit(at)) return {};
    return ones == 0 ? std::nullopt : std::optional(ones);
}

bool sameSubnet(const Address& a, const Address& b, unsigned prefix) {
    for (unsigned at = 0; at < prefix; ++at)
        if (a.bit(at) != b.bit(at)) return false;
    return true;
}

bool isHostForm(const Address& address, unsigned prefix) {
    const auto& octets = address.octets;
    const bool v4 = address.family == Family::V4;
    if (v4 && (octets[0] == 0 || octets[0] == 127 || octets[0] >= 224)) return false;
    if (!v4 && octets[0] == 0xff) return false;
    if (prefix + 1 >= address.bits()) return true;
    bool zeros = true;
    bool ones = true;
    for (unsigned at = prefix; at < address.bits(); ++at) {
        zeros = zeros && !address.bit(at);
        ones = ones && address.bit(at);
    }
    return !zeros && !(ones && v4);
}

bool isLinkLocal(const Address& address) {
    return address.family == Family::V6 && address.octets[0] == 0xfe &&
           (address.octets[1] & 0xc0) == 0x80;
}

bool isLabel(std::string_view label) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !label.empty() && label.size() <= 63 && std::ranges::all_of(label, fits) &&
           label.front() != '-' && label.back() != '-';
}

}  // namespace

Result<std::string> parseInterfaceAddress(std::string_view text, Family family) {
    const std::string_view example = family == Family::V4 ? "192.0.2.10/24" : "2001:db8::10/64";
    const auto slash = text.find('/');
    const auto address = addressOf(text.substr(0, slash), family);
    if (slash == std::string_view::npos || !address) {
        return wrong(
            text,
            "is not an address with its prefix length; write it as " + std::string(example) + ".");
    }
    const auto prefix = prefixOf(text.substr(slash + 1), family);
    if (!prefix) {
        return wrong(text,
                     "has a wrong netmask; write the prefix length, for example " +
                         std::string(example) + ".");
    }
    if (!isHostForm(*address, *prefix)) {
        return wrong(text,
                     "is the address of a network, of all machines in it, or of nobody; write the "
                     "machine's own.");
    }
    return textOf(*address) + "/" + std::to_string(*prefix);
}

Result<std::string> parseGateway(std::string_view text,
                                 Family family,
                                 std::string_view interfaceAddress) {
    const auto gateway = addressOf(text, family);
    if (!gateway) return wrong(text, "is not an address; write the router's, without a prefix.");
    const auto slash = interfaceAddress.find('/');
    const auto own = addressOf(interfaceAddress.substr(0, slash), family);
    const auto prefix = slash == std::string_view::npos
                            ? std::nullopt
                            : prefixOf(interfaceAddress.substr(slash + 1), family);
    if (!own || !prefix)
        return wrong(text, "is a gateway without an address of the machine; give that too.");
    if (gateway->octets == own->octets) return wrong(text, "is the machine's own address.");
    if (!isHostForm(*gateway, own->bits()))
        return wrong(text, "is nobody's address; write the router's.");
    const bool alone = *prefix == own->bits();  // as hosters give them: the router is on the link
    if (!alone && !isLinkLocal(*gateway) && !sameSubnet(*gateway, *own, *prefix)) {
        return wrong(text,
                     "is not in the subnet " + std::string(interfaceAddress) +
                         "; a router that is not there cannot be reached.");
    }
    return textOf(*gateway);
}

bool isOnLink(std::string_view interfaceAddress, std::string_view gateway) {
    if (const auto v6 = addressOf(gateway, Family::V6))
        return interfaceAddress.ends_with("/128") && !isLinkLocal(*v6);
    return !gateway.empty() && interfaceAddress.ends_with("/32");
}

Result<std::string> parseAnyAddress(std::string_view text) {
    for (const auto family : {Family::V4, Family::V6})
        if (const auto address = addressOf(text, family)) return textOf(*address);
    return wrong(text, "is not an IPv4 or IPv6 address.");
}

Result<std::string> parseHostName(std::string_view text) {
    auto name = toLowerAscii(text);
    if (name.ends_with('.')) name.pop_back();
    if (name.size() > 253 || !std::ranges::all_of(split(name, '.'), isLabel)) {
        return wrong(text,
                     "is not a host name: letters, digits and hyphens between dots, at most 63 in "
                     "each part.");
    }
    return name;
}

Result<std::string> parseOrigin(std::string_view text, std::string_view scheme) {
    const auto start = std::string(scheme) + "://";
    const auto example = start + "pair.example.com";
    if (text.find('@') != std::string_view::npos)  // what stands before it is not to be shown
        return fail(kBadValue,
                    "It must not hold a user or password; an address is " + example + ".");
    if (!toLowerAscii(text).starts_with(start))
        return wrong(text, "must begin with " + start + ", for example " + example + ".");
    auto rest = text.substr(start.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    std::string_view host = rest;
    std::string_view port;
    const bool bracket = rest.starts_with('[');
    const auto colon = bracket ? rest.find(':', rest.find(']')) : rest.find(':');
    const bool closed = rest.find(']') != std::string_view::npos;
    if (colon != std::string_view::npos && closed == bracket) {
        host = rest.substr(0, colon);
        port = rest.substr(colon + 1);
        const auto number = parseUnsigned(port);
        if (!number || *number == 0 || *number > 65535)
            return wrong(text, "has a port that is not a number from 1 to 65535.");
    }
    const bool literal = bracket && host.size() > 2 && host.back() == ']' &&
                         addressOf(host.substr(1, host.size() - 2), Family::V6);
    if (!literal && (bracket || !parseHostName(host)))
        return wrong(text, "must be a scheme, a host and perhaps a port: " + example + ".");
    return start + std::string(rest);
}

Result<std::vector<std::string>> parseList(std::string_view text) {
    std::string blanks(text);
    std::ranges::replace_if(
        blanks,
        [](char c) { return c == ',' || c == ';' || c == '\t' || c == '\n' || c == '\r'; },
        ' ');
    std::vector<std::string> items;
    for (const auto word : split(blanks, ' ')) {
        if (word.empty()) continue;
        if (items.size() == kMaxListItems)
            return wrong(text, "has more than " + std::to_string(kMaxListItems) + " entries.");
        items.emplace_back(word);
    }
    return items;
}

}  // namespace pcg::appliance
