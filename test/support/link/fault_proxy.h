// SPDX-License-Identifier: Apache-2.0
// A TCP relay with faults on command, on a thread of its own so that it never shares the loop under
// test. It knows nothing of what it carries. Calls may come from any thread; each has taken effect
// when it returns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace pcg::test {

class FaultProxy {
  public:
    explicit FaultProxy(std::uint16_t upstreamPort);  // on 127.0.0.1; listens on port()
    ~FaultProxy();

    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    std::uint16_t port() const;

    // Both directions stop; the connections stay open and nobody is told. New ones are accepted and
    // silent.
    void stall();
    void resume();

    // Every connection is reset.
    void cut();

    // Passes so many more octets from the upstream, then stalls that direction (in the midst of a
    // TLS record, if the count says so) until resume().
    void stallDownAfter(std::size_t octets);

    // The same, but then the connection is reset.
    void cutDownAfter(std::size_t octets);

    // Octets per second in each direction; 0 = as fast as it goes.
    void throttle(std::size_t octetsPerSecond);

    std::size_t acceptedConnections() const;
    std::uint64_t octetsUp() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pcg::test
