// SPDX-License-Identifier: Apache-2.0
// The one TLS stream type: Asio's, over the concrete TCP socket. Loop thread only.
#pragma once

#include "common/net/asio.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace pcg::net {

using TlsStream = asio::ssl::stream<TcpSocket>;

}  // namespace pcg::net
