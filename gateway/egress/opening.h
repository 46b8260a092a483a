// SPDX-License-Identifier: Apache-2.0
// The packet filter's part in a connection by name: a filter knows addresses, and only whoever
// resolves the name knows which, and when. So each address is opened right before it is connected
// to. Without that, a filter would have to let every address through on the ports of names, and a
// socket that was handed over can be disconnected and connected anew (connect(2), AF_UNSPEC) by
// whoever holds it.
#pragma once

#include "common/net/asio.h"

#include <memory>
#include <string>
#include <string_view>

namespace pcg::egress {

class Opening {
  public:
    virtual ~Opening() = default;

    // Blocks for the time of a call into the kernel. egress.unavailable.
    virtual Result<> open(const net::asio::ip::address& address, std::uint16_t port) = 0;
};

// Into the sets `named4` and `named6` (address . port, with a timeout) of a table of nftables,
// family inet. Not thread-safe. egress.unavailable where there is no netlink socket; whether it may
// be used, and whether there is such a table, shows at each open().
Result<std::unique_ptr<Opening>> openingInTable(std::string_view table);

bool isTableName(std::string_view table);

}  // namespace pcg::egress
