// SPDX-License-Identifier: Apache-2.0
// The two halves of a connection whose name was looked at in between: names into addresses, and one
// address into a stream of octets.
//
// Loop thread. resolve() is asked once for each tunnel; connect() never looks a name up.
#pragma once

#include "common/http/transport.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace pcg::proxy {

class TunnelDialer {
  public:
    using Address = net::asio::ip::address;

    virtual ~TunnelDialer() = default;

    virtual net::Task<Result<std::vector<Address>>> resolve(std::string host,
                                                            std::uint16_t port,
                                                            std::chrono::milliseconds limit) = 0;

    // What this machine answers to, as it is now. Does not block.
    virtual Result<std::vector<Address>> own() const = 0;

    virtual net::Task<Result<std::unique_ptr<http::Transport>>> connect(
        Address address, std::uint16_t port, std::chrono::milliseconds limit) = 0;
};

}  // namespace pcg::proxy
