// SPDX-License-Identifier: Apache-2.0
// Where connections may go: hosts with a port each, and networks with all of theirs. No I/O; a
// value.
//
// A host is a name ("pair.example.com:443"), every name below one (".example.com:4222"), an address
// or a network ("192.0.2.7:443", "[2001:db8::/32]:443"). Whatever the rules say, link-local
// addresses (RFC 3927, RFC 4291 section 2.5.6; metadata services live there), multicast and the
// unspecified address are never reached, and loopback only by a network that lies in it.
#pragma once

#include "common/base/result.h"
#include "common/net/connect.h"
#include "common/net/network.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::egress {

class EgressRules {
  public:
    static constexpr std::size_t kMaxHosts = 64;

    // Both separated by commas; either may be empty. egress.bad_rule, net.bad_address.
    static Result<EgressRules> parse(std::string_view hosts, std::string_view networks);

    // Where this name may lead: to any address, only to some, or it need not be looked up at all.
    enum class Name { Anywhere, ByAddress, Nowhere };
    Name judge(const net::Target& target) const;

    // Of a target that was given as an address, or of what a name ByAddress stands for.
    bool allows(const net::asio::ip::address& address, std::uint16_t port) const;

    // Of a name that may lead anywhere.
    static bool mayBeNamed(const net::asio::ip::address& address);

    // Not even for a name that may lead anywhere, by whatever rule.
    static bool isNever(const net::asio::ip::address& address);

  private:
    struct Host {
        std::string name;  // lower case; begins with a dot: every name below; empty: `network`
        std::optional<net::Network> network;
        std::uint16_t port = 0;
    };

    static Result<Host> parseHost(std::string_view text);

    std::vector<Host> hosts_;
    std::vector<net::Network> networks_;
};

}  // namespace pcg::egress
