// SPDX-License-Identifier: Apache-2.0
// How one link gets as far as the broker's greeting inside TLS: as NATS (the greeting in clear,
// then TLS), or as NATS in a WebSocket in TLS, for networks that let only HTTPS pass. Private to
// this folder. Loop thread only.
//
// Where both are possible they are raced: NATS gets a head start, unless the WebSocket was what
// worked before; one that fails starts the other at once; the first that arrives wins and the other
// is ended.
#pragma once

#include "common/bus/nats_bus.h"
#include "common/bus/nats_info.h"
#include "common/net/secure_stream.h"

#include <optional>

namespace pcg::bus {

struct Arrival {
    net::SecureConnection connection;
    ServerInfo info;
    std::string early;  // what came behind the greeting, inside TLS
    Transport transport = Transport::Nats;
    net::Way way;
};

struct DialPlan {
    std::optional<net::Target> nats;  // one of the two at least
    std::optional<net::Target> webSocket;
    Transport first = Transport::Nats;
    std::chrono::milliseconds headStart{0};
};

// The error of NATS, with what was wrong about the WebSocket added.
net::Task<Result<Arrival>> dialBroker(std::shared_ptr<net::Dialer> dialer, DialPlan plan);

}  // namespace pcg::bus
