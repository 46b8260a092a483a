// SPDX-License-Identifier: Apache-2.0
// Listens, admits requests and gives each to a handler as an Exchange. HTTP/1.1 (RFC 9112) over
// TLS, TCP or a UNIX socket.
//
// Everything on the loop thread. Await stop() before destroying what the handler refers to. Body
// octets are pulled by the handler; up to kPipelineBytes of pipelined requests wait in memory, the
// rest in the socket. 100 Continue is sent when the handler first reads. A request that admission
// refuses is answered and the connection closed; no handler sees it.
#pragma once

#include "common/http/admission.h"
#include "common/http/exchange.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace pcg::net {
class TlsServerContext;
}

namespace pcg::http {

struct ServerLimits {
    std::size_t maxConnections = 4096;  // more wait in the listen queue
    // Of one address (of one /64 of IPv6); more are closed at once. 0: no bound of its own, for
    // listeners whose callers all come from one place.
    std::size_t maxConnectionsPerSource = 0;
    std::chrono::milliseconds handshake{10'000};
    // From the first octet of a head to its last; then 408 and the end.
    std::chrono::milliseconds head{10'000};
    std::chrono::milliseconds idle{60'000};  // between requests
    std::chrono::milliseconds body{
        60'000};  // without one octet of the body while the handler waits for it
    std::chrono::milliseconds write{60'000};  // without one octet taken by the client
};

struct ServerOptions {
    AdmissionRules admission;
    ServerLimits limits;
    // Null for plain.
    std::shared_ptr<const net::TlsServerContext> tls;
    std::string name = "http";  // for the log
    // Hears of a request that admission refused, and why. Must not throw; may be empty.
    std::function<void(const Error&)> onRefused = {};
};

class Server {
  public:
    // `address` is a literal; port 0 takes a free one. http.port_in_use when somebody listens
    // there.
    static Result<std::unique_ptr<Server>> listenTcp(net::Loop& loop,
                                                     const std::string& address,
                                                     std::uint16_t port,
                                                     Handler handler,
                                                     ServerOptions options);

    // Replaces a dead socket file; the file is made with mode 0600. Host is not checked against a
    // list.
    static Result<std::unique_ptr<Server>> listenUnix(net::Loop& loop,
                                                      const std::string& path,
                                                      Handler handler,
                                                      ServerOptions options);

    ~Server();  // stops listening, resets every connection
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const;
    std::size_t connectionCount() const;

    // The next connection is greeted with this context.
    void useTls(std::shared_ptr<const net::TlsServerContext> tls);

    // Stops listening, closes idle connections, lets running exchanges end within `drain`, then
    // resets them. Completes when no handler runs any more.
    net::Task<void> stop(std::chrono::milliseconds drain);

  private:
    class Core;

    explicit Server(std::shared_ptr<Core> core) : core_(std::move(core)) {}

    std::shared_ptr<Core> core_;
};

}  // namespace pcg::http
