// SPDX-License-Identifier: Apache-2.0
// One request and its response, seen from the side that answers.
//
// The API server, the ingress and the proxy are written against this interface. http::Server makes
// exchanges from sockets; tunnel::Acceptor makes them from streams over the bus; tests make them
// from strings. All calls on the loop thread. Body bytes are pulled: whoever does not read exerts
// back-pressure.
#pragma once

#include "common/http/message.h"
#include "common/net/asio.h"

#include <functional>
#include <optional>
#include <string>

namespace pcg::http {

class Exchange {
  public:
    virtual ~Exchange() = default;

    virtual const RequestHead& request() const = 0;

    // Reads up to buffer.size() bytes of the request body; 0 = the body is complete. A body that
    // breaks off is an error, never a short success.
    virtual net::Task<Result<std::size_t>> readBody(MutableBytes buffer) = 0;

    // Sends the head, at most once. `head.body` says how the body will be delimited.
    virtual net::Task<Result<>> respond(ResponseHead head) = 0;

    // Completes when the bytes were taken by the far side's window or socket, not before.
    virtual net::Task<Result<>> writeBody(BytesView bytes) = 0;

    // The response is complete. Fewer bytes than promised is a bug of the caller and aborts the
    // exchange.
    virtual net::Task<Result<>> finish() = 0;

    // Makes the failure visible: a connection reset or an unterminated chunked body, never a clean
    // end. `outcome` is for the other side of a tunnel.
    virtual void abort(const Error& why) = 0;

    // Called once, on the loop, if the client goes away before the exchange is over. Cancels
    // upstream work.
    virtual void onClientGone(std::function<void()> callback) = 0;

    virtual bool responded() const = 0;

    // Who is at the other end, for logs: "127.0.0.1:40312".
    virtual std::string peer() const = 0;

    // DER of the client's TLS certificate, if it presented one that the server's context verified.
    virtual std::optional<Bytes> clientCertificate() const { return std::nullopt; }

    // The name the client asked for in its TLS hello; empty if none or not TLS.
    virtual std::string serverName() const { return {}; }
};

// Answers one exchange. Runs as its own coroutine; an exception or a return without an answer
// becomes a 500.
using Handler = std::function<net::Task<void>(Exchange&)>;

// Conveniences over the interface (exchange.cpp).
// Whole request body, refused beyond `limit` with http.body_too_large.
net::Task<Result<Bytes>> readWholeBody(Exchange& exchange, ByteCount limit);
net::Task<Result<>> respondWhole(Exchange& exchange, ResponseHead head, BytesView body);

}  // namespace pcg::http
