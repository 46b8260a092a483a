// SPDX-License-Identifier: Apache-2.0
// Who the enrolled gateway is to the broker: its nkey, born here, and a user JWT that renewal
// replaces. A running link keeps the token it was made with; the next one takes the new. Loop
// thread only.
#pragma once

#include "common/bus/nats_bus.h"

#include <functional>

namespace pcg::gateway {

class LinkCredentials final : public bus::BusCredentials {
  public:
    // Signs with the nkey's seed, which stays with whoever made the function.
    using Sign = std::function<Result<Bytes>(std::string_view nonce)>;

    LinkCredentials(std::string publicKey, std::string userJwt, Sign sign)
        : publicKey_(std::move(publicKey)), userJwt_(std::move(userJwt)), sign_(std::move(sign)) {}

    void renew(std::string userJwt) { userJwt_ = std::move(userJwt); }

    std::string userJwt() const override { return userJwt_; }

    std::string publicKey() const override { return publicKey_; }

    Result<Bytes> signNonce(std::string_view nonce) const override { return sign_(nonce); }

  private:
    std::string publicKey_;
    std::string userJwt_;
    Sign sign_;
};

}  // namespace pcg::gateway
