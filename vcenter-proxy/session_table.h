// SPDX-License-Identifier: Apache-2.0
// Who is logged in to one endpoint: the client's cookie on one side, the endpoint's on the other.
//
// A token is 16 random bytes that find the session and 32 that prove it (compared in constant
// time), in hex. Sessions are one to one: filters, views and leases of a vCenter session are never
// shared. Each endpoint has a table of its own, so a token of one is nothing at another. Loop
// thread only; no I/O: whoever removes a session logs it out upstream.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "vcenter-proxy/endpoint/cookies.h"
#include "vcenter-proxy/endpoint/soap_envelope.h"
#include "vcenter-proxy/principal.h"

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace pcg::proxy {

// Of a session that is being opened anew (session_broker.cpp).
struct Renewal;

struct Session {
    explicit Session(Principal who) : principal(std::move(who)) {}

    Principal principal;
    CookieJar upstream{};
    ManagedObject session_manager{};  // as the client's Login named it, for the Logout
    std::string soap_action{};        // the API version the client speaks
    std::string token_id{};
    Secret token_proof{};
    SteadyTime last_used{};
    std::size_t in_flight = 0;
    std::string locale = "en";
    Secret rest_id = {};         // of a session that was opened at /rest or /api; else empty
    std::string rest_path = {};  // where it was opened, and is ended

    std::string journal_id{};      // what the journal knows it by; empty: not written down
    std::uint64_t generation = 0;  // how often it was opened anew at the endpoint
    std::optional<SteadyTime> renewed_at{};
    std::shared_ptr<Renewal> renewal{};  // while it is

    bool isRest() const { return !rest_id.empty(); }

    // What the endpoint knows the session by, whichever door it came through: the value of its SOAP
    // cookie, or the id of its REST session. From vCenter 8.0U3 on each is good for the other.
    std::string upstreamId() const;

    // The value of the Cookie field; at the SOAP doors with the session's id, at the others with
    // what the endpoint set.
    std::string soapCookies() const;
};

// A request that is using a session: it counts as busy until this is gone.
class SessionUse {
  public:
    SessionUse(std::shared_ptr<Session> session, const Clock& clock);
    SessionUse(SessionUse&&) noexcept = default;
    SessionUse& operator=(SessionUse&&) = delete;
    ~SessionUse();

    Session& operator*() const { return *session_; }

    Session* operator->() const { return session_.get(); }

    const std::shared_ptr<Session>& shared() const { return session_; }

  private:
    std::shared_ptr<Session> session_;
    const Clock* clock_;
};

class SessionTable {
  public:
    SessionTable(Random& random, const Clock& clock) : random_(random), clock_(clock) {}

    struct Opened {
        std::string token;  // for the client's cookie
        std::shared_ptr<Session> session;
    };

    // Takes the session in under a new token; its token fields and last_used are set here.
    Opened open(std::shared_ptr<Session> session);

    // Nothing if the token is not one of ours, or its access key has expired.
    std::shared_ptr<Session> find(std::string_view token) const;

    bool holds(const Session& session) const;

    // False if it was not (or no longer) there.
    bool remove(const Session& session);

    // The least recently used session with nothing in flight, taken out; null if all are busy.
    std::shared_ptr<Session> evictIdlest();

    // Everything unused for `idle`, taken out.
    std::vector<std::shared_ptr<Session>> takeIdle(std::chrono::milliseconds idle);

    // Everything whose access key has expired, taken out, busy or not.
    std::vector<std::shared_ptr<Session>> takeExpired();

    // Every session of an access key, taken out, busy or not.
    std::vector<std::shared_ptr<Session>> takeOf(const wire::AccessKeyId& key);
    std::vector<std::shared_ptr<Session>> takeAll();

    std::size_t size() const { return sessions_.size(); }

  private:
    template <class Predicate>
    std::vector<std::shared_ptr<Session>> takeIf(Predicate predicate);

    Random& random_;
    const Clock& clock_;
    std::unordered_map<std::string, std::shared_ptr<Session>> sessions_;
};

}  // namespace pcg::proxy
