// SPDX-License-Identifier: Apache-2.0
// One request and its response, seen from the side that asks.
//
// http::Client makes calls over sockets; tunnel::Connector makes them over the bus; tests make
// fakes. All calls on the loop thread. The writer and the reader of one call may be two coroutines:
// an answer may come before the request's body is written.
#pragma once

#include "common/http/message.h"
#include "common/http/transport.h"
#include "common/net/asio.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace pcg::http {

// What is known of a request whose answer did not arrive whole.
enum class Outcome {
    NotDispatched,  // not one byte reached the far side: safe to ask again
    Unknown,        // it may have been executed
    Complete        // the answer is the far side's own
};

// "not-dispatched", "unknown", "complete": the values of the field Pcg-Outcome, also in the audit.
std::string_view nameOf(Outcome outcome);

class Call {
  public:
    // Destruction before the response was read to its end cancels: the connection is closed.
    virtual ~Call() = default;

    virtual net::Task<Result<>> writeBody(BytesView bytes) = 0;
    virtual net::Task<Result<>> finishRequest() = 0;

    // The final head; 1xx are swallowed.
    virtual net::Task<Result<ResponseHead>> readHead() = 0;

    // 0 = the body is complete. A truncated body is an error, never a short success.
    virtual net::Task<Result<std::size_t>> readBody(MutableBytes buffer) = 0;

    // Makes pending and later operations fail with http.cancelled.
    virtual void cancel() = 0;

    // What may be said of the request after an error.
    virtual Outcome outcome() const = 0;
};

class Caller {
  public:
    virtual ~Caller() = default;

    // Connects if it must and sends the head. An error here is always Outcome::NotDispatched.
    virtual net::Task<Result<std::unique_ptr<Call>>> start(RequestHead head) = 0;
};

struct CallLimits {
    // Without an octet of the response head, counted anew with each octet of the request; none: for
    // ever.
    std::optional<std::chrono::milliseconds> head = std::chrono::seconds(60);
    // Without one octet of the response body, or without one octet of the request being taken.
    std::optional<std::chrono::milliseconds> idle = std::chrono::seconds(60);
};

struct ClientOptions {
    std::string authority;  // for Host, when the head does not bring one
    CallLimits limits;
    std::size_t maxConnections = 256;  // in use and idle; http.busy beyond
    std::size_t maxIdle = 8;
    std::chrono::milliseconds reuseWithin{30'000};
    // A server may close an idle connection while a request is on its way, and then nobody knows
    // whether it was executed; what must not run twice only takes a connection that was in use a
    // moment ago.
    std::chrono::milliseconds reuseNonIdempotentWithin{2'000};
};

// Calls to one origin. The head goes out with the first octets of the body, or when the response is
// awaited. Calls may outlive the client.
class Client final : public Caller {
  public:
    Client(net::Loop& loop, std::shared_ptr<StreamOpener> opener, ClientOptions options);
    ~Client() override;

    net::Task<Result<std::unique_ptr<Call>>> start(RequestHead head) override;
    net::Task<Result<std::unique_ptr<Call>>> start(RequestHead head, CallLimits limits);

    void closeIdle();
    std::size_t idleCount() const;

  private:
    class Pool;
    std::shared_ptr<Pool> pool_;
};

struct WholeResponse {
    ResponseHead head;
    Bytes body;
};

// The whole round trip for small messages: body, answer, at most `limit` octets of it.
net::Task<Result<WholeResponse>> callWhole(Caller& caller,
                                           RequestHead head,
                                           BytesView body,
                                           ByteCount limit);

// Removes Connection, what it names, and the other fields that end at this hop (RFC 9110 7.6.1).
void removeHopByHop(HeaderList& headers);

}  // namespace pcg::http
