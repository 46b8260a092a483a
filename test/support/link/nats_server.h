// SPDX-License-Identifier: Apache-2.0
// The real nats-server as a child of the test: on a port of its choosing, with TLS, killable and
// stoppable. The configuration is written to a temporary directory; the child dies with the test.
#pragma once

#include "test/support/link/certificates.h"
#include "test/support/temp_dir.h"

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace pcg::test {

class NatsServer {
  public:
    enum class WebSocket { No, Yes };

    // `extra` is appended to the configuration (authorization, accounts, ...).
    explicit NatsServer(const Pem& identity,
                        const std::string& extra = {},
                        WebSocket webSocket = WebSocket::No);

    // Without TLS, for whatever stands in front of it.
    struct InClear {};

    explicit NatsServer(InClear);
    ~NatsServer();

    NatsServer(const NatsServer&) = delete;
    NatsServer& operator=(const NatsServer&) = delete;

    static bool available();

    std::uint16_t port() const { return port_; }

    std::uint16_t webSocketPort() const { return webSocketPort_; }

    void kill();     // SIGKILL, waits for the end
    void restart();  // on the same port, same configuration
    void pause();    // SIGSTOP: the kernel still accepts and acknowledges for it
    void unpause();

  private:
    void spawn();
    void waitUntilListening();

    TempDir directory_;
    std::string config_;
    WebSocket webSocket_;
    std::uint16_t port_ = 0;
    std::uint16_t webSocketPort_ = 0;
    pid_t pid_ = -1;
};

}  // namespace pcg::test
