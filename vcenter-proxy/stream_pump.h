// SPDX-License-Identifier: Apache-2.0
// Octets both ways between a client and a connected stream, until both halves have ended.
//
// A half that ends cleanly ends cleanly on the other side, and the other one goes on. One that
// breaks breaks everything, visibly on both sides. Constant memory: nothing is read before what was
// read last has been taken. Loop thread.
#pragma once

#include "common/http/client.h"
#include "common/http/transport.h"
#include "vcenter-proxy/client_side.h"
#include "vcenter-proxy/endpoint/endpoint.h"

#include <chrono>
#include <memory>
#include <optional>

namespace pcg::proxy {

// A connected stream seen as a call whose head is past, so that whatever cancels calls cancels it.
class StreamCall final : public http::Call {
  public:
    explicit StreamCall(std::unique_ptr<http::Transport> transport)
        : transport_(std::move(transport)) {}

    net::Task<Result<>> writeBody(BytesView bytes) override;
    net::Task<Result<>> finishRequest() override;
    net::Task<Result<http::ResponseHead>> readHead() override;  // http.misuse
    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override;
    void cancel() override;

    http::Outcome outcome() const override { return http::Outcome::Unknown; }

  private:
    std::unique_ptr<http::Transport> transport_;
    bool cancelled_ = false;
};

class StreamPump : public std::enable_shared_from_this<StreamPump> {
  public:
    static constexpr std::size_t kBufferBytes = 32 * 1024;

    struct Limits {
        std::chrono::milliseconds idle;         // without an octet
        std::chrono::milliseconds half_closed;  // the same when one half has ended
        std::optional<SteadyTime> until = {};   // then it ends, whatever happens on it
    };

    // Of an endpoint's streams, for as long as the key is good.
    static Limits limitsOf(const EndpointLimits& limits,
                           const Principal& principal,
                           const Clock& clock);

    // Both outlive run().
    StreamPump(net::Executor executor, ClientSide& client, http::Call& call, Limits limits);

    // Nothing: both halves ended cleanly. errc::kTunnelIdle when a limit was reached.
    net::Task<std::optional<Error>> run();

  private:
    static net::Task<void> carryUp(std::shared_ptr<StreamPump> self);
    net::Task<Result<>> up();
    net::Task<Result<>> down();
    void breakOff(const Error& why);
    void heard();
    void arm();
    void look();
    std::chrono::milliseconds patience() const;

    ClientSide& client_;
    http::Call& call_;
    Limits limits_;
    net::Timer timer_;
    net::Timer over_;
    net::Executor executor_;
    SteadyTime heard_;
    std::optional<Error> broken_;
    bool up_over_ = false;
    bool down_over_ = false;
};

}  // namespace pcg::proxy
