// SPDX-License-Identifier: Apache-2.0
// Where a tunnel leads: host:port, as a client asks for it (CONNECT, RFC 9110 9.3.6) and as the
// data-center admin lists it. Values; no I/O.
#pragma once

#include "common/base/result.h"
#include "common/net/asio.h"

#include <optional>
#include <string>
#include <string_view>

namespace pcg::proxy {

class TunnelTarget {
  public:
    // "vc1.example.com:443", "10.0.0.7:902", "[fd00::7]:443". One spelling for each place: names in
    // lower case without a final dot, addresses as inet_ntop writes them, an IPv4 address in IPv6
    // clothes as itself. errc::kBadTarget for everything else, and for numbers that a resolver
    // would take for an address (127.1, 0x7f000001).
    static Result<TunnelTarget> parse(std::string_view text);

    // A name, or an address without brackets.
    const std::string& host() const { return host_; }

    std::uint16_t port() const { return port_; }

    // Nothing: it is a name.
    const std::optional<net::asio::ip::address>& address() const { return address_; }

    // What parse() reads as the same.
    std::string text() const;

    friend bool operator==(const TunnelTarget&, const TunnelTarget&) = default;

  private:
    TunnelTarget(std::string host,
                 std::uint16_t port,
                 std::optional<net::asio::ip::address> address)
        : host_(std::move(host)), port_(port), address_(std::move(address)) {}

    std::string host_;
    std::uint16_t port_;
    std::optional<net::asio::ip::address> address_;
};

// An IPv4 address that is written as ::ffff:a.b.c.d is that address.
net::asio::ip::address plainAddress(const net::asio::ip::address& address);

}  // namespace pcg::proxy
