// SPDX-License-Identifier: Apache-2.0
// Octets to and from a far side that was verified, inside TLS: as they are, or as the messages of a
// WebSocket (RFC 6455), for networks that let nothing but HTTPS pass.
//
// Loop thread only. One read and one write may be pending at the same time; close() makes them
// fail. The stream outlives its pending operations.
#pragma once

#include "common/base/bytes.h"
#include "common/net/dialer.h"

#include <memory>
#include <string>

namespace pcg::net {

struct Transferred {
    boost::system::error_code error;  // asio::error::eof: the far side ended the stream
    std::size_t count = 0;
};

class SecureStream {
  public:
    virtual ~SecureStream() = default;

    virtual Task<Transferred> readSome(MutableBytes buffer) = 0;
    virtual Task<Transferred> writeSome(BytesView bytes) = 0;

    // Tells the far side that this was all; bound it with close().
    virtual Task<void> goodbye() = 0;

    virtual void close() = 0;

    // Octets that the kernel has not yet got an acknowledgement for.
    virtual std::uint64_t unsent() = 0;
};

struct SecureConnection {
    std::unique_ptr<SecureStream> stream;
    std::string peer;     // "bus.example.com:4222 (203.0.113.7)"
    std::string session;  // "TLSv1.3 TLS_AES_256_GCM_SHA384"
};

// Octets that the kernel has not yet got an acknowledgement for; 0 when it cannot be told.
std::uint64_t unsentOf(TcpSocket& socket);

SecureConnection plainly(TlsConnection connection);

// Asks for the upgrade (GET / at `target`) and carries octets in binary messages from then on.
// net.websocket when the far side does not agree; net.timeout.
Task<Result<SecureConnection>> overWebSocket(TlsConnection connection,
                                             Target target,
                                             std::chrono::milliseconds limit);

}  // namespace pcg::net
