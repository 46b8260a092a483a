// SPDX-License-Identifier: Apache-2.0
// Carries the rest of a request's body to the endpoint, beside the coroutine that reads the answer.
//
// Loop thread. Started by start(); join() or abandon() must be awaited before the client's side,
// the call or the envelope go away.
#pragma once

#include "vcenter-proxy/client_side.h"

#include <memory>

namespace pcg::proxy {

class BodyPump : public std::enable_shared_from_this<BodyPump> {
  public:
    static constexpr std::size_t kBufferBytes = 64 * 1024;

    // How long a client may go on sending what nobody wants any more before it is cut off.
    static constexpr std::chrono::seconds kDrainLimit{10};

    struct Parts {
        net::Executor executor;
        ClientSide& client;
        http::Call& call;
        SoapEnvelope* envelope = nullptr;  // null: nothing to check
        Bytes prefix;                      // goes first, was checked
        ByteCount already = 0;             // body bytes read from the client so far
    };

    explicit BodyPump(Parts parts);

    void start();

    // Waits until the endpoint has the whole body: it may answer before it has read it.
    net::Task<void> join();

    // The answer is over (or will not come), and the body is not wanted: what the client still
    // sends is read and dropped for a while, so that it gets to see the answer, and then cut off.
    net::Task<void> abandon();

    // At the end, or at any time after the call failed: what went wrong on the client's side or in
    // the envelope. Nothing if the endpoint was the one to break off.
    const std::optional<Error>& clientError() const { return client_error_; }

  private:
    static net::Task<void> run(std::shared_ptr<BodyPump> self);
    net::Task<Result<>> pump();
    net::Task<void> drain();
    Result<> check(BytesView bytes);
    bool isLast() const;

    Parts parts_;
    net::Timer finished_;
    Bytes buffer_;
    ByteCount read_ = 0;
    std::optional<Error> client_error_;
    bool body_ended_ = false;
    bool running_ = false;
    bool abandoned_ = false;
    bool cut_ = false;
};

}  // namespace pcg::proxy
