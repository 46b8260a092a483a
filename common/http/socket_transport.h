// SPDX-License-Identifier: Apache-2.0
// Transports over sockets that are already connected. Loop thread only.
#pragma once

#include "common/http/transport.h"

namespace pcg::http {

std::unique_ptr<Transport> makeTcpTransport(net::TcpSocket socket);
std::unique_ptr<Transport> makeUnixTransport(net::UnixSocket socket);

}  // namespace pcg::http
