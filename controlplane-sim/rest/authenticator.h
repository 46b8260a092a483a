// SPDX-License-Identifier: Apache-2.0
// Who sends a request: an API token (RFC 6750), of the platform's operator or of a tenant's user,
// or the cookie of a signed-in browser.
//
// Tokens and session ids are 256 random bits, so one SHA-256 is enough to keep them unreadable at
// rest. A request that carries both is judged by its token alone. Loop thread; the look-up runs on
// the storage thread.
#pragma once

#include "common/base/clock.h"
#include "common/crypto/digest.h"
#include "common/http/message.h"
#include "common/net/asio.h"
#include "common/store/worker.h"
#include "controlplane-sim/rest/refusal.h"
#include "controlplane-sim/tenancy/accounts.h"

#include <optional>
#include <string>

namespace pcg::controlplane {

inline constexpr std::string_view kSessionCookie = "__Host-pcg_session";

class Authenticator {
  public:
    Authenticator(store::Worker& store, const Clock& clock, crypto::Digest256 operatorTokenSha256)
        : store_(store), clock_(clock), operatorTokenSha256_(operatorTokenSha256) {}

    // tenancy.unauthenticated, always with the same words: nothing is said about which part was
    // wrong. api.csrf for a change that a session's own pages did not make. What comes back is true
    // at this moment: a long answer asks again from time to time.
    net::Task<Result<Authenticated>> tenant(const http::RequestHead& request) const;
    Result<> platformOperator(const http::RequestHead& request) const;

    // api.csrf for a change that a browser makes on behalf of a page of another site.
    Result<> sameSite(const http::RequestHead& request) const;

    // What X-CSRF-Token must be: it is derived from the session id, which scripts cannot read.
    static std::string csrfToken(std::string_view sessionId);

    // The session cookie's value; nothing without one, or with two.
    static std::optional<std::string> sessionId(const http::RequestHead& request);

  private:
    net::Task<Result<Authenticated>> bySession(const http::RequestHead& request) const;

    store::Worker& store_;
    const Clock& clock_;
    crypto::Digest256 operatorTokenSha256_;
};

}  // namespace pcg::controlplane

namespace pcg::controlplane::rest {

// 403 api.step_up, with the way to get it.
tl::unexpected<Refusal> stepUpNeeded();

}  // namespace pcg::controlplane::rest
