// SPDX-License-Identifier: Apache-2.0
// A client of the broker that does what a hostile one would: raw, synchronous, with whatever
// credentials it is given. Not the product's bus client.
#pragma once

#include "common/bus/nats_bus.h"
#include "common/net/tls_context.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pcg::test {

struct NatsLogin {
    std::uint16_t port = 0;
    std::string caPem;
    std::optional<net::CertificateAndKey> identity;  // none: no client certificate
    std::string jwt;
    std::function<Result<Bytes>(std::string_view nonce)> sign;
    std::string inboxPrefix;
};

class NatsSubscription {
  public:
    explicit NatsSubscription(void* handle) : handle_(handle) {}

    ~NatsSubscription();
    NatsSubscription(const NatsSubscription&) = delete;
    NatsSubscription& operator=(const NatsSubscription&) = delete;

    // "subject|payload" of the next message, "no responders" for the status message that says so,
    // or nothing after the limit.
    std::optional<std::string> next(std::chrono::milliseconds limit);

    // What has arrived and was not taken.
    std::size_t waiting();

  private:
    void* handle_;
};

class NatsClient {
  public:
    // bus.refused with the broker's words when it does not let us in.
    static Result<std::unique_ptr<NatsClient>> connect(const NatsLogin& login);

    ~NatsClient();
    NatsClient(const NatsClient&) = delete;
    NatsClient& operator=(const NatsClient&) = delete;

    void publish(const std::string& subject,
                 const std::string& payload,
                 const std::string& replyTo = {});

    // Nothing when the library itself refuses the subject. The broker's refusal shows in
    // errorAfterFlush().
    std::unique_ptr<NatsSubscription> subscribe(const std::string& subject,
                                                const std::string& queue = {});

    Result<std::string> request(const std::string& subject, const std::string& payload);

    // A round trip, then what the broker objected to since the last call ("" if nothing).
    std::string errorAfterFlush();

    // True once the broker has closed the connection for good.
    bool closedWithin(std::chrono::milliseconds limit);
    std::string lastError();

  private:
    struct State;

    static Result<std::unique_ptr<NatsClient>> connectOnce(const NatsLogin& login);

    explicit NatsClient(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace pcg::test
