// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/egress_rules.h"

#include "common/base/text.h"
#include "gateway/egress/errc.h"

#include <algorithm>

namespace pcg::egress {
namespace {

namespace ip = net::asio::ip;

constexpr std::size_t kMaxName = 253;  // RFC 1035 section 2.3.4, without the root's dot

bool isOfAName(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string nameOf(std::string_view host) {
    auto name = toLowerAscii(host);
    if (name.ends_with('.')) name.pop_back();
    return name;
}

bool isName(std::string_view name) {
    return !name.empty() && name.size() <= kMaxName &&
           name.find_first_not_of('.') != std::string_view::npos &&
           std::ranges::all_of(name, isOfAName);
}

bool nameFits(std::string_view rule, std::string_view name) {
    return rule.starts_with('.') ? name.size() > rule.size() && name.ends_with(rule) : name == rule;
}

// Loopback. Of ::ffff:127.0.0.1, too.
bool isOwn(const ip::address& address) {
    static const auto kOwn = net::parseNetworks("127.0.0.0/8,::1");
    return !kOwn || std::ranges::any_of(*kOwn, [&address](const net::Network& network) {
        return network.contains(address);
    });
}

// Its first address and its prefix' length say so.
bool isOwn(const net::Network& network) {
    const auto text = network.text();
    const auto slash = text.find('/');
    const auto bits = parseUnsigned(text.substr(slash + 1)).value_or(0);
    return bits >= 8 && isOwn(ip::make_address(text.substr(0, slash)));
}

tl::unexpected<Error> bad(std::string_view text, const std::string& why) {
    return fail(kBadRule, "\"" + std::string(text.substr(0, 100)) + "\" " + why);
}

}  // namespace

Result<EgressRules::Host> EgressRules::parseHost(std::string_view text) {
    const auto colon = text.rfind(':');
    const auto number =
        colon == std::string_view::npos ? std::nullopt : parseUnsigned(text.substr(colon + 1));
    if (!number || *number == 0 || *number > 65535)
        return bad(text, "needs a port: HOST:PORT, .SUFFIX:PORT or NETWORK:PORT.");
    Host made;
    made.port = static_cast<std::uint16_t>(*number);
    auto host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!bracketed && host.find(':') != std::string_view::npos)
        return bad(text, "is an IPv6 address without brackets, or has two ports.");
    if (auto network = net::Network::parse(host)) {
        made.network = std::move(*network);
        return made;
    }
    made.name = nameOf(host);
    if (bracketed || !isName(made.name))
        return bad(text, "is not a host, a suffix (.example.com) or a network with a port.");
    return made;
}

Result<EgressRules> EgressRules::parse(std::string_view hosts, std::string_view networks) {
    EgressRules made;
    for (const auto item : split(hosts, ',')) {
        const auto word = trimAscii(item);
        if (word.empty()) continue;
        if (made.hosts_.size() == kMaxHosts) return fail(kBadRule, "At most 64 can be named.");
        auto host = PCG_TRY(parseHost(word));
        made.hosts_.push_back(std::move(host));
    }
    made.networks_ = PCG_TRY(net::parseNetworks(networks));
    return made;
}

EgressRules::Name EgressRules::judge(const net::Target& target) const {
    const auto name = nameOf(target.host);
    if (!isName(name)) return Name::Nowhere;
    bool byAddress = !networks_.empty();
    for (const auto& host : hosts_) {
        if (host.port != target.port) continue;
        if (host.network) byAddress = true;
        if (!host.network && nameFits(host.name, name)) return Name::Anywhere;
    }
    return byAddress ? Name::ByAddress : Name::Nowhere;
}

bool EgressRules::allows(const ip::address& address, std::uint16_t port) const {
    if (isNever(address)) return false;
    // "Everything" is not meant to be this machine itself.
    const bool own = isOwn(address);
    const auto holds = [&](const net::Network& network) {
        return network.contains(address) && (!own || isOwn(network));
    };
    return std::ranges::any_of(networks_, holds) ||
           std::ranges::any_of(hosts_, [&](const Host& host) {
               return host.port == port && host.network && holds(*host.network);
           });
}

bool EgressRules::mayBeNamed(const ip::address& address) {
    return !isNever(address) && !isOwn(address);
}

bool EgressRules::isNever(const ip::address& address) {
    static const auto kNever = [] {
        auto read = net::parseNetworks(
            "169.254.0.0/16,fe80::/10,224.0.0.0/4,255.255.255.255/32,ff00::/8,0.0.0.0/8,::/128");
        return read ? std::move(*read) : std::vector<net::Network>{};
    }();
    return kNever.empty() || std::ranges::any_of(kNever, [&address](const net::Network& network) {
               return network.contains(address);
           });
}

}  // namespace pcg::egress
