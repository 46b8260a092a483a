// SPDX-License-Identifier: Apache-2.0
// Between cnats and the secured stream: a TCP connection on loopback whose one end is cnats' and
// whose other end is pumped to and from the broker.
//
// The port is open only from create() to the end of accept(), and only a connection of this very
// process is taken; any other is closed and logged. Each direction has one buffer of 64 KiB: who
// does not read makes the other side's TCP window close. Loop thread only. See docs/adr/0006.
#pragma once

#include "common/bus/errc.h"
#include "common/net/secure_stream.h"

#include <functional>
#include <memory>
#include <optional>

namespace pcg::bus {

class LoopbackBridge : public std::enable_shared_from_this<LoopbackBridge> {
  public:
    static Result<std::shared_ptr<LoopbackBridge>> create(net::Executor executor);

    explicit LoopbackBridge(net::TcpAcceptor acceptor);

    std::uint16_t port() const { return port_; }

    // Waits for our own connection; bus.protocol if none came in time.
    net::Task<Result<>> accept(std::chrono::milliseconds limit);

    // Writes the greeting to cnats, then carries octets both ways until one side ends. `onEnd` is
    // called once, with the reason, when the broker's side is over; what it sent before was handed
    // to cnats' side.
    net::Task<Result<>> start(net::SecureConnection connection,
                              std::string greeting,
                              std::function<void(const Error&)> onEnd);

    // Both sides, at once; no callback after it. Idempotent.
    void close();

    std::uint64_t bytesFromBroker() const { return fromBroker_; }

    // Octets that the broker's host has acknowledged at the TCP level, as far as the kernel knows.
    std::uint64_t bytesAcknowledged();

    // Read from cnats, not yet taken or acknowledged by the broker's side.
    std::uint64_t bytesUnderWay();

  private:
    net::Task<void> pumpUp(std::shared_ptr<LoopbackBridge> self);
    net::Task<void> pumpDown(std::shared_ptr<LoopbackBridge> self);
    void ended(const Error& why);
    std::uint64_t unsentInKernel();

    net::TcpAcceptor acceptor_;
    std::uint16_t port_;
    net::TcpSocket inner_;
    net::SecureConnection outer_;
    std::function<void(const Error&)> onEnd_;
    std::uint64_t fromBroker_ = 0;
    std::uint64_t readFromInner_ = 0;
    std::uint64_t writtenToBroker_ = 0;
    bool closed_ = false;
};

}  // namespace pcg::bus
