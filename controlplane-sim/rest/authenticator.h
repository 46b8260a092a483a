// SPDX-License-Identifier: Apache-2.0
// Who sends a request: RFC 6750 bearer tokens, of the platform's operator or of a tenant's user.
//
// Tokens are 256 random bits, so one SHA-256 is enough to keep them unreadable at rest. Loop
// thread; the look-up runs on the storage thread.
#pragma once

#include "common/base/clock.h"
#include "common/crypto/digest.h"
#include "common/http/message.h"
#include "common/net/asio.h"
#include "common/store/worker.h"
#include "controlplane-sim/tenancy/accounts.h"

#include <string>

namespace pcg::controlplane {

class Authenticator {
  public:
    Authenticator(store::Worker& store, const Clock& clock, crypto::Digest256 operatorTokenSha256)
        : store_(store), clock_(clock), operatorTokenSha256_(operatorTokenSha256) {}

    // tenancy.unauthenticated, always with the same words: nothing is said about which part was
    // wrong.
    net::Task<Result<Authenticated>> tenant(const http::RequestHead& request) const;
    Result<> platformOperator(const http::RequestHead& request) const;

  private:
    store::Worker& store_;
    const Clock& clock_;
    crypto::Digest256 operatorTokenSha256_;
};

}  // namespace pcg::controlplane
