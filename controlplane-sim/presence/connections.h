// SPDX-License-Identifier: Apache-2.0
// Who connects to the broker, as the broker tells the system account ($SYS.ACCOUNT.*.CONNECT).
// Loop thread.
#pragma once

#include "common/bus/bus.h"

#include <functional>
#include <memory>
#include <string>

namespace pcg::controlplane {

struct ConnectEvent {
    std::string user;  // "U...": the key that it proved
    std::string host;  // where it came from, as the broker sees it
};

// codec.json or codec.json_field: what a client says of itself is in there too.
Result<ConnectEvent> parseConnectEvent(BytesView payload);

class ConnectionWatch {
  public:
    // A bus of the system account; must outlive this.
    ConnectionWatch(bus::Bus& system, std::function<void(const ConnectEvent&)> onConnect)
        : system_(system), onConnect_(std::move(onConnect)) {}

    Result<> start();

  private:
    bus::Bus& system_;
    std::function<void(const ConnectEvent&)> onConnect_;
    std::unique_ptr<bus::Subscription> subscription_;
};

}  // namespace pcg::controlplane
