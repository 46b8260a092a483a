// SPDX-License-Identifier: Apache-2.0
// A range of IP addresses as administrators write it (RFC 4632 section 3.1, RFC 4291 section 2.3).
// Values.
#pragma once

#include "common/base/result.h"
#include "common/net/asio.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::net {

class Network {
  public:
    // "10.0.0.0/8", "fd00::/8", or one address. net.bad_address, also for bits behind the prefix:
    // "10.0.0.1/8" is somebody's mistake.
    static Result<Network> parse(std::string_view text);

    // An IPv4 address in IPv6 clothes (::ffff:10.0.0.1) is the IPv4 address.
    bool contains(const asio::ip::address& address) const;

    std::string text() const;

    friend bool operator==(const Network&, const Network&) = default;

  private:
    Network(asio::ip::address base, unsigned bits) : base_(std::move(base)), bits_(bits) {}

    asio::ip::address base_;
    unsigned bits_;
};

inline constexpr std::size_t kMaxNetworks = 64;

// Separated by commas, at most kMaxNetworks; none for an empty text.
Result<std::vector<Network>> parseNetworks(std::string_view text);

std::string textOf(const std::vector<Network>& networks);

}  // namespace pcg::net
