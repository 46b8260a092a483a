// SPDX-License-Identifier: Apache-2.0
// Cookies on both sides of the gateway (RFC 6265): the client holds one that the gateway made up,
// the gateway holds those of the endpoint, and neither side ever sees the other's.
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"
#include "common/http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::proxy {

inline constexpr std::string_view kSessionCookieName = "vmware_soap_session";
inline constexpr std::string_view kTicketCookieName = "vmware_cgi_ticket";

// Of the REST interface: the name of a header field, and of a cookie.
inline constexpr std::string_view kRestSessionName = "vmware-api-session-id";

// The value of the cookie `name` among the request's Cookie fields, without the quotes that vCenter
// puts around it. Nothing if there is none; an error if there are several with different values,
// since two readers would choose differently.
Result<std::optional<std::string>> requestCookie(const http::HeaderList& headers,
                                                 std::string_view name);

// "vmware_soap_session=<token>; Path=/; HttpOnly; Secure"
std::string sessionSetCookie(std::string_view token);

// "vmware-api-session-id=<token>; Path=/rest; HttpOnly; Secure"
std::string restSetCookie(std::string_view token, std::string_view path);

// What an endpoint set, to be sent back to it and to nobody else. Bounded: kMostCookies of at most
// kLongestCookie bytes; more are ignored.
class CookieJar {
  public:
    static constexpr std::size_t kMostCookies = 16;
    static constexpr std::size_t kLongestCookie = 4096;

    // Takes in every Set-Cookie of a response. An empty value or Max-Age=0 removes.
    void take(const http::HeaderList& headers);

    // What header() gave, in an earlier run.
    static CookieJar fromHeader(std::string_view header);

    // The value for the Cookie field; empty if the jar is.
    std::string header() const;

    bool has(std::string_view name) const;

    // The value of `name` without quotes; empty if there is none.
    std::string value(std::string_view name) const;

    std::size_t size() const { return cookies_.size(); }

  private:
    void takeOne(std::string_view field);

    struct Cookie {
        std::string name;
        Secret value;  // with quotes, as it came
    };

    std::vector<Cookie> cookies_;
};

}  // namespace pcg::proxy
