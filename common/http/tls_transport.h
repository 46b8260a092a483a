// SPDX-License-Identifier: Apache-2.0
// Transports over TLS streams, and the server's half of the handshake. Loop thread only.
#pragma once

#include "common/http/transport.h"
#include "common/net/tls_context.h"

#include <functional>

namespace pcg::http {

// After a completed handshake, by either side.
std::unique_ptr<Transport> makeTlsTransport(std::unique_ptr<net::TlsStream> stream);

struct TlsGreeting {
    std::function<net::Task<Result<std::unique_ptr<Transport>>>()> greeting;
    std::function<void()> giveUp;  // makes the greeting fail
};

TlsGreeting greetTls(const net::TlsServerContext& context, net::TcpSocket socket);

}  // namespace pcg::http
