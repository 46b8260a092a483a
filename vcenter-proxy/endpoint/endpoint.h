// SPDX-License-Identifier: Apache-2.0
// One endpoint as the gateway runs it: what it is, how to reach it, who is logged in to it.
//
// Loop thread only. A request holds the endpoint by shared_ptr, so that an endpoint may be removed
// or changed under it.
#pragma once

#include "common/http/client.h"
#include "vcenter-proxy/endpoint/maas/state.h"
#include "vcenter-proxy/endpoint/turnstile.h"
#include "vcenter-proxy/lease_book.h"
#include "vcenter-proxy/line_budget.h"
#include "vcenter-proxy/login_throttle.h"
#include "vcenter-proxy/open_tunnels.h"
#include "vcenter-proxy/session_journal.h"
#include "vcenter-proxy/session_table.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pcg::proxy {

struct EndpointLimits {
    // Fifty clients that each have a session of SOAP and one of REST; a vCenter before 8.0U3 gives
    // one account 550 of the latter.
    std::size_t max_sessions = 100;
    std::chrono::milliseconds session_idle = std::chrono::minutes(30);
    std::chrono::milliseconds login_deadline = std::chrono::seconds(60);
    std::chrono::milliseconds logout_deadline = std::chrono::seconds(5);
    std::chrono::milliseconds credentials_hold = std::chrono::minutes(10);
    std::chrono::milliseconds check_deadline = std::chrono::seconds(15);
    // Of a tunnel: until it is connected; without an octet; the same when one half has ended.
    std::chrono::milliseconds tunnel_connect = std::chrono::seconds(10);
    std::chrono::milliseconds tunnel_idle = std::chrono::hours(1);
    std::chrono::milliseconds tunnel_half_closed = std::chrono::minutes(1);
};

enum class EndpointKind { Vcenter, Maas };

struct EndpointConfig {
    wire::EndpointId id;
    std::string name;  // "vc1", for people
    std::string
        authority;  // "vcenter.example.com" or with ":8443": the Host that it is asked under
    EndpointLimits limits{};
    EndpointKind kind = EndpointKind::Vcenter;
    TunnelList tunnels{};  // where tunnels may lead; empty: nowhere
};

// As many as may fail before the account is left alone: so many are asked for at once.
inline constexpr unsigned kLoginsAtOnce = 3;

// A login between the check of its access key and its session.
struct LoginUnderWay {
    wire::AccessKeyId key;
    bool revoked = false;  // meanwhile: it must not end in a session
};

struct Endpoint {
    Endpoint(EndpointConfig config_,
             std::shared_ptr<http::Caller> caller_,
             Random& random,
             const Clock& clock)
        : config(std::move(config_)),
          caller(std::move(caller_)),
          sessions(random, clock),
          refusal_lines(clock),
          failure_lines(clock),
          leases(random, clock),
          key_throttle(clock, {}),
          // Three refused logins are as many as a directory may stand before it locks the account.
          credential_throttle(clock,
                              {.free_failures = kLoginsAtOnce,
                               .first_wait = std::chrono::seconds(60),
                               .longest_wait = std::chrono::minutes(15)}),
          full_throttle(clock,
                        {.free_failures = 1,
                         .first_wait = std::chrono::seconds(2),
                         .longest_wait = std::chrono::seconds(60)}),
          login_turns(kLoginsAtOnce) {}

    // So many logins at once that not more can fail than may, even if all under way do.
    void limitLogins() {
        const auto failures = credential_throttle.failures({});
        login_turns.limit(failures + 1 < kLoginsAtOnce ? kLoginsAtOnce - failures : 1);
    }

    EndpointConfig config;

    // Must wait for an answer as long as it takes (long polls): it has no time limit of its own
    // beyond connecting.
    std::shared_ptr<http::Caller> caller;
    SessionTable sessions;
    SessionJournal* journal = nullptr;   // where logouts are noted; may be null
    std::vector<LoginUnderWay*> logins;  // they count against max_sessions
    LineBudget refusal_lines;            // in the log: proxy.denied, proxy.login_refused
    LineBudget failure_lines;            // and proxy.failed
    LeaseBook leases;                    // whose disks are on their way
    OpenTunnels tunnels;
    LoginThrottle key_throttle;
    LoginThrottle credential_throttle;             // under the one name ""
    LoginThrottle full_throttle;                   // the same: it said that it has no room
    Turnstile login_turns;                         // at the endpoint, with the stored credentials
    std::optional<SteadyTime> credentials_proven;  // the last login that was accepted
    maas::State maas;                              // of a MAAS only
    bool stopping = false;  // removed, or the gateway stops: no session is opened any more
};

}  // namespace pcg::proxy
