// SPDX-License-Identifier: Apache-2.0
// One accepted connection: reads ahead within bounds, writes in the background, serves one exchange
// at a time.
//
// Three coroutines hold it alive: run() (heads and handlers), readLoop() and writeLoop(). A reader
// that always may read is what lets a waiting handler learn that its client went away. Loop thread
// only.
#pragma once

#include "common/http/admission.h"
#include "common/http/exchange.h"
#include "common/http/input_buffer.h"
#include "common/http/server.h"
#include "common/http/signal.h"
#include "common/http/transport.h"

#include <optional>

namespace pcg::http {

class ServerExchange;

// What every connection of one server shares; connections may outlive the server.
struct Service {
    ServerOptions options;
    Handler handler;
};

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(net::Executor executor, std::shared_ptr<const Service> service);

    // Makes the transport; for TLS it shakes hands.
    using Greeting = std::function<net::Task<Result<std::unique_ptr<Transport>>>()>;

    // `giveUp` ends a greeting that takes too long; may be empty.
    net::Task<void> run(Greeting greeting, std::function<void()> giveUp);

    // For stop(): closes now if no exchange runs, else after the one that runs.
    void finishSoon();
    void reset();

    // For the exchange.
    Transport& transport() { return *transport_; }

    InputBuffer& input() { return input_; }

    // More input has arrived; false when there will be none. What comes too late ends the
    // connection, or with GoOn only this wait.
    enum class WhenLate { Reset, GoOn };
    net::Task<bool> moreInput(std::chrono::milliseconds limit, WhenLate whenLate = WhenLate::Reset);
    void send(BytesView bytes);  // queued; leaves in the next turn of the loop
    net::Task<Result<>> sent();  // until everything queued is in the socket
    void watchClient(bool on);   // keep reading (bounded) although nobody asks

    bool clientGone() const { return inputEnded_; }

    // It went without saying that this is the end.
    bool inputBroken() const { return inputBroken_ || closed_; }

    // From now on octets come and go as they are, and each side may be silent for long.
    void becomeStream() { streaming_ = true; }

    net::Executor executor() const { return executor_; }

    bool timedOut() const { return timedOut_; }

    bool finishing() const { return finishing_; }

    const ServerLimits& limits() const { return options().limits; }

  private:
    const ServerOptions& options() const { return service_->options; }

    void makeWatchdogs();
    net::Task<void> readLoop();
    net::Task<void> writeLoop();
    net::Task<void> serve();
    net::Task<bool> serveOne();
    net::Task<std::string> readHead();
    net::Task<bool> runExchange(std::string rawHead, AdmittedRequest request);
    net::Task<void> refuse(Error why);
    net::Task<void> linger();
    bool wantsInput() const;
    void shut();

    net::Executor executor_;
    std::shared_ptr<const Service> service_;
    std::unique_ptr<Transport> transport_;
    std::function<void()> giveUp_;
    ServerExchange* exchange_ = nullptr;

    InputBuffer input_;
    Signal inputWanted_;
    Signal inputArrived_;
    bool demanded_ = false;
    bool watching_ = false;
    bool inputEnded_ = false;
    bool inputBroken_ = false;
    bool streaming_ = false;

    Bytes outgoing_;
    Signal outputWanted_;
    Signal outputDone_;
    bool writing_ = false;
    std::optional<Error> writeError_;

    std::shared_ptr<Watchdog> readWatchdog_;
    std::shared_ptr<Watchdog> headWatchdog_;
    std::shared_ptr<Watchdog> writeWatchdog_;
    bool inputIsLate_ = false;
    bool headIsLate_ = false;
    bool timedOut_ = false;
    bool finishing_ = false;
    bool closed_ = false;
};

}  // namespace pcg::http
