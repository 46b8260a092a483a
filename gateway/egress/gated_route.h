// SPDX-License-Identifier: Apache-2.0
// The way out of a process that may not go out itself: asks the egress process (gate.h) for each
// connection. Loop thread.
#pragma once

#include "common/net/dialer.h"

#include <filesystem>

namespace pcg::egress {

class GatedRoute final : public net::Route {
  public:
    explicit GatedRoute(std::filesystem::path socket) : socket_(std::move(socket)) {}

    // egress.denied, egress.unavailable; else as net::connectTcp.
    net::Task<Result<net::TcpSocket>> connect(net::Target target,
                                              std::chrono::milliseconds limit) override;

    net::Way wayTo(const net::Target&) const override {
        return {true, "direct", "no proxy is configured"};
    }

  private:
    std::filesystem::path socket_;
};

}  // namespace pcg::egress
