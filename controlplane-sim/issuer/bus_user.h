// SPDX-License-Identifier: Apache-2.0
// One of the control plane's own users of the bus. Its key is made for this process and never
// stored; its token is signed anew for each connection, so a link that was down for long still
// finds a token that lives.
#pragma once

#include "common/bus/nats_bus.h"
#include "common/identity/nats_jwt.h"

#include <functional>

namespace pcg::controlplane::issuer {

class BusUser final : public bus::BusCredentials {
  public:
    using Mint = std::function<Result<std::string>(const identity::UserKey&)>;

    BusUser(identity::UserKeyPair key, Mint mint) : key_(std::move(key)), mint_(std::move(mint)) {}

    // Empty when signing failed, which the broker then refuses.
    std::string userJwt() const override { return mint_(key_.publicKey()).value_or(std::string()); }

    std::string publicKey() const override { return key_.publicKey().text(); }

    Result<Bytes> signNonce(std::string_view nonce) const override {
        const auto signature = PCG_TRY(key_.sign(asBytes(nonce)));
        return Bytes(signature.begin(), signature.end());
    }

  private:
    identity::UserKeyPair key_;
    Mint mint_;
};

}  // namespace pcg::controlplane::issuer
