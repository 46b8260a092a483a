// SPDX-License-Identifier: Apache-2.0
// /session, /me: signing in and out in a browser, the password again before what is dangerous, and
// one's own password.
//
// The session id is 256 random bits in the cookie __Host-pcg_session and nowhere else: the database
// has its SHA-256. An unknown tenant, an unknown user and a wrong password get the same words after
// the same time.
#pragma once

#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/passwords.h"
#include "controlplane-sim/rest/services.h"
#include "controlplane-sim/rest/sign_in_throttle.h"

namespace pcg::controlplane::rest {

class SessionsApi {
  public:
    SessionsApi(Services services, Passwords& passwords)
        : services_(services), passwords_(passwords) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> signIn(Call& call);
    net::Task<Checked<Reply>> get(Call& call);
    net::Task<Checked<Reply>> signOut(Call& call);
    net::Task<Checked<Reply>> stepUp(Call& call);
    net::Task<Checked<Reply>> me(Call& call);
    net::Task<Checked<Reply>> changePassword(Call& call);

    // 401 or 429 unless the password is the stored one; counts the try.
    net::Task<Checked<>> compare(std::string account,
                                 std::string network,
                                 Secret password,
                                 std::string stored);
    net::Task<Checked<>> compareOwn(Call& call, std::string_view field);

    Services services_;
    Passwords& passwords_;
    SignInThrottle throttle_;
};

}  // namespace pcg::controlplane::rest
