// SPDX-License-Identifier: Apache-2.0
// The gateway's half of the routes under /pair/v1 (see pairing/messages.h), one method a route.
//
// A refusal by the control plane comes back as a value (it decides what to do next), an answer that
// never came as an error of class Weather. Loop thread; each call has the client's deadlines, a
// long poll lasts 25 s. The caller outlives the calls.
#pragma once

#include "common/crypto/ec_key.h"
#include "common/http/client.h"
#include "pairing/messages.h"

#include <memory>
#include <string>
#include <variant>

namespace pcg::gateway {

template <class T>
using Reply = std::variant<T, pairing::Refusal>;

struct Done {};

struct NotYet {
    std::chrono::milliseconds askAgainIn;
};

class ControlPlaneClient {
  public:
    explicit ControlPlaneClient(std::shared_ptr<http::Caller> caller)
        : caller_(std::move(caller)) {}

    net::Task<Result<Reply<pairing::OfferReply>>> offer(std::string raw, std::string signature);
    net::Task<Result<Reply<Done>>> withdraw(pairing::Sid sid, std::string offerToken);
    net::Task<Result<Reply<pairing::EventList>>> events(pairing::Sid sid,
                                                        std::string offerToken,
                                                        std::int64_t after);
    net::Task<Result<Reply<Done>>> send(pairing::Sid sid,
                                        std::string offerToken,
                                        pairing::Envelope envelope);
    net::Task<Result<std::variant<pairing::SealedBundle, NotYet, pairing::Refusal>>> enroll(
        pairing::ClaimId claim, std::string body);
    net::Task<Result<Reply<Done>>> acknowledge(pairing::ClaimId claim,
                                               pairing::Ack ack);  // mutual TLS
    net::Task<Result<Reply<Done>>> release(std::string raw, std::string signature);
    net::Task<Result<Reply<pairing::RenewReply>>> renew(std::string path,
                                                        std::string raw,
                                                        std::string signature);  // mutual TLS

  private:
    struct Request {
        std::string method;
        std::string path;
        std::string body;
        http::HeaderList headers;
        ByteCount limit = pairing::kMaxMessageBytes;
    };

    net::Task<Result<http::WholeResponse>> call(Request request);

    std::shared_ptr<http::Caller> caller_;
};

}  // namespace pcg::gateway
