// SPDX-License-Identifier: Apache-2.0
// What an administrator says about the HTTP proxy on the way out. Values, read from text; errors
// name what would do and never repeat a password.
#pragma once

#include "common/base/secret.h"
#include "common/net/connect.h"
#include "common/net/network.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::net {

struct ProxyAddress {
    Target target;
    bool tls = false;

    // "http://10.0.0.1:3128".
    std::string text() const;
};

// http://HOST[:PORT] (80) or https://HOST[:PORT] (443), and nothing behind it. net.bad_address.
Result<ProxyAddress> parseProxyUrl(std::string_view url);

// "user:password", as it stands in the first line of a file, as the value of Proxy-Authorization
// (RFC 7617). net.bad_address says what is wrong with it, not what it is.
Result<Secret> basicAuthorization(std::string_view userAndPassword);

// Hosts that are reached without the proxy.
class ProxyExceptions {
  public:
    static constexpr std::size_t kMax = 64;

    ProxyExceptions() = default;

    // Separated by commas: a name or address ("pair.example.com": exactly this one), a suffix
    // (".example.com": every name below it), a network ("10.0.0.0/8": targets that are given as an
    // address in it; names are not resolved for that). net.bad_address.
    static Result<ProxyExceptions> parse(std::string_view text);

    // The entry that excepts this host, as it was written; nothing if none does.
    std::optional<std::string> match(std::string_view host) const;

    bool empty() const { return entries_.empty(); }

  private:
    struct Entry {
        std::string text;
        std::string name;  // lower case; a suffix begins with a dot; empty for a network
        std::optional<Network> network;
    };

    static Result<Entry> parseEntry(std::string_view text);

    std::vector<Entry> entries_;
};

}  // namespace pcg::net
