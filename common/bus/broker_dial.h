// SPDX-License-Identifier: Apache-2.0
// How one link gets as far as the broker's greeting inside TLS: as NATS (the greeting in clear,
// then TLS), or with TLS from the first octet on, for networks that let only HTTPS pass: NATS in
// it, or NATS in a WebSocket in it. Private to this folder. Loop thread only.
//
// Where both are possible they are raced: NATS gets a head start, unless another way was what
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

struct OtherWay {
    net::Target target;
    Transport transport = Transport::WebSocket;
};

struct DialPlan {
    std::optional<net::Target> nats;  // one of the two at least
    std::optional<OtherWay> other;
    Transport first = Transport::Nats;
    std::chrono::milliseconds headStart{0};
};

// The error of NATS, with what was wrong about the other way added.
net::Task<Result<Arrival>> dialBroker(std::shared_ptr<net::Dialer> dialer, DialPlan plan);

}  // namespace pcg::bus
