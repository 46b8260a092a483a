// SPDX-License-Identifier: Apache-2.0
// One request and its response, seen from the side that asks.
//
// http::Client makes calls over sockets; tunnel::Connector makes them over the bus; tests make fakes. All calls
// on the loop thread. The writer and the reader of one call may be two coroutines: an answer may come before
// the request's body is written.
#pragma once

#include "common/http/message.h"
#include "common/net/asio.h"

#include <memory>

namespace pcg::http {

// What is known of a request whose answer did not arrive whole.
enum class Outcome {
    NotDispatched,  // not one byte reached the far side: safe to ask again
    Unknown,        // it may have been executed
    Complete        // the answer is the far side's own
};

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

}  // namespace pcg::http
