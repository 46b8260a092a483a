// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/tunnel_target.h"

#include "common/base/text.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

namespace ip = net::asio::ip;

constexpr std::size_t kHostLimit = 253;
constexpr std::size_t kLabelLimit = 63;

tl::unexpected<Error> bad(std::string_view why) {
    return fail(errc::kBadTarget,
                "the place of a tunnel " + std::string(why) + "; it is HOST:PORT, or [IPv6]:PORT");
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isLabel(std::string_view label) {
    return !label.empty() && label.size() <= kLabelLimit && label.front() != '-' &&
           label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
               return isDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
           });
}

// What ends in a number, in whatever notation, is an address or nothing (WHATWG URL, host parser).
bool isNumber(std::string_view label) {
    const bool hex = label.starts_with("0x");
    if (hex) label.remove_prefix(2);
    return std::all_of(label.begin(), label.end(), [hex](char c) {
        return isDigit(c) || (hex && c >= 'a' && c <= 'f');
    });
}

Result<> checkName(std::string_view name) {
    if (name.empty() || name.size() > kHostLimit) return bad("has an empty or a too long host");
    const auto labels = split(name, '.');
    if (!std::all_of(labels.begin(), labels.end(), isLabel)) return bad("has a malformed host");
    if (isNumber(labels.back())) return bad("has a host that is neither a name nor an address");
    return {};
}

Result<std::uint16_t> parsePort(std::string_view text) {
    const auto port = parseUnsigned(text);
    if (text.size() > 5 || !port || *port == 0 || *port > 65535) {
        return bad("has no port from 1 to 65535");
    }
    return static_cast<std::uint16_t>(*port);
}

}  // namespace

ip::address plainAddress(const ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

Result<TunnelTarget> TunnelTarget::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad("has no port");
    const auto port = PCG_TRY(parsePort(text.substr(colon + 1)));
    auto host = toLowerAscii(text.substr(0, colon));
    const bool bracketed = host.starts_with('[');
    if (bracketed) {
        if (!host.ends_with(']')) return bad("has a malformed IPv6 address");
        host = host.substr(1, host.size() - 2);
        boost::system::error_code error;
        const auto address = ip::make_address_v6(host, error);
        // A zone (fe80::1%eth0) means something to one machine only.
        if (error || host.find('%') != std::string::npos)
            return bad("has a malformed IPv6 address");
        const auto plain = plainAddress(address);
        return TunnelTarget(plain.to_string(), port, plain);
    }
    boost::system::error_code error;
    const auto address = ip::make_address_v4(host, error);
    if (!error && address.to_string() == host) return TunnelTarget(host, port, address);
    if (host.ends_with('.')) host.pop_back();
    PCG_TRY(checkName(host));
    return TunnelTarget(std::move(host), port, std::nullopt);
}

std::string TunnelTarget::text() const {
    const bool brackets = address_ && address_->is_v6();
    return (brackets ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
}

}  // namespace pcg::proxy
