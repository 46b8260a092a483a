// SPDX-License-Identifier: Apache-2.0
// An octet stream to one peer, and who opens one: what the HTTP engine needs of TCP, TLS and UNIX
// sockets.
//
// Loop thread only. One read and one write may be pending at the same time. A transport outlives
// its pending operations; close() and reset() make them fail.
#pragma once

#include "common/base/bytes.h"
#include "common/net/asio.h"

#include <memory>
#include <optional>
#include <string>

namespace pcg::net {
class Dialer;
}

namespace pcg::http {

class Transport {
  public:
    virtual ~Transport() = default;

    // Up to buffer.size() octets; 0 = the peer ended the stream properly (under TLS: with
    // close_notify).
    virtual net::Task<Result<std::size_t>> read(MutableBytes buffer) = 0;

    // Takes some octets, at least one.
    virtual net::Task<Result<std::size_t>> write(BytesView bytes) = 0;

    // No more octets will be written: FIN, and under TLS close_notify before it.
    virtual net::Task<void> endWriting() = 0;

    virtual void close() = 0;

    // TCP: the peer sees RST, so that it cannot take what it got for the whole.
    virtual void reset() = 0;

    // False if the peer closed the stream or sent something while nothing was asked. Does not
    // block.
    virtual bool idleAndOpen() = 0;

    virtual std::string peer() const = 0;

    // DER of the peer's certificate, if there is one that was verified.
    virtual std::optional<Bytes> peerCertificate() const { return std::nullopt; }

    // Server side of TLS: the name the client asked for; empty if none.
    virtual std::string serverName() const { return {}; }
};

class StreamOpener {
  public:
    virtual ~StreamOpener() = default;

    // A fresh, connected and authenticated stream to the one origin this opener stands for.
    virtual net::Task<Result<std::unique_ptr<Transport>>> open() = 0;
};

// TLS through the dialer, plain TCP, and UNIX sockets.
std::shared_ptr<StreamOpener> tlsOpener(std::shared_ptr<net::Dialer> dialer,
                                        std::string host,
                                        std::uint16_t port);
std::shared_ptr<StreamOpener> tcpOpener(std::string host, std::uint16_t port);
std::shared_ptr<StreamOpener> unixOpener(std::string path);

}  // namespace pcg::http
