// SPDX-License-Identifier: Apache-2.0
// The API's routes: each is declared with who may call it and what it takes, and the rules are
// applied here, before a handler runs. docs/api/README.md shows how to add a resource.
//
// In this order: who asks (bearer token or session cookie; a cookie needs X-CSRF-Token for
// changes), floods (429), role (403), step-up (403), content type (415), size (413), JSON (400),
// conditions, idempotency. Answers: JSON, `Cache-Control: no-store`, ETags and 304, problem
// documents. Loop thread; fill it before serving; it must outlive the router.
#pragma once

#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/rest/authenticator.h"
#include "controlplane-sim/rest/call.h"
#include "controlplane-sim/rest/idempotency.h"
#include "controlplane-sim/rest/rate_limit.h"

#include <deque>
#include <functional>

namespace pcg::controlplane::rest {

// The least that a caller must be. Operator includes admin, Auditor includes everybody who is
// signed in; PlatformOperator is nobody's superior: it sees tenants and nothing of theirs.
enum class Who { Public, Auditor, Operator, Admin, PlatformOperator };

struct Route {
    const char* method;
    const char* path;
    Who who;
    bool stepUp = false;  // a session must have given its password in the last five minutes
    ByteCount maxBody = 16_KiB;
    // POST only: the answer is kept under the Idempotency-Key. False for what must not be replayed,
    // such as a sign-in, and for what may be repeated without a key.
    bool keepsAnswer = true;
};

class ApiRoutes {
  public:
    struct Parts {
        const Authenticator& authenticator;
        Idempotency& idempotency;
        const Clock& clock;
        AuditSink* audit =
            nullptr;  // every change that a tenant's user asks for; null: nobody keeps it
    };

    using Handler = std::function<net::Task<Checked<Reply>>(Call&)>;
    // Writes the answer itself; a refusal before the first byte becomes a problem document.
    using StreamHandler = std::function<net::Task<Checked<>>(Call&)>;

    ApiRoutes(http::Router& router, Parts parts);

    void add(const Route& route, Handler handler);
    void addStream(const Route& route, StreamHandler handler);

    // routes.add({"GET", "/api/v1/me", Who::Auditor}, this, &MeApi::get);
    template <class Group>
    void add(const Route& route, Group* group, net::Task<Checked<Reply>> (Group::*method)(Call&)) {
        add(route, Handler([group, method](Call& call) { return (group->*method)(call); }));
    }

    template <class Group>
    void addStream(const Route& route, Group* group, net::Task<Checked<>> (Group::*method)(Call&)) {
        addStream(route, StreamHandler([group, method](Call& c) { return (group->*method)(c); }));
    }

  private:
    struct Entry {
        Route route;
        Handler handler;
        StreamHandler stream;
    };

    void addEntry(Entry entry);
    net::Task<void> serve(http::Exchange& exchange,
                          const http::RouteParams& params,
                          const Entry& entry);
    net::Task<Checked<>> admit(const Route& route, Call& call);
    net::Task<Checked<>> identify(const Route& route, Call& call);
    Checked<> checkFlood(const Call& call);
    Checked<> checkAllowed(const Route& route, const Call& call) const;
    static net::Task<Checked<>> readBody(const Route& route, Call& call);
    net::Task<void> serveAdmitted(const Entry& entry, Call& call);
    void audit(const Route& route, const Call& call, SteadyTime since) const;
    net::Task<void> answer(const Entry& entry, Call& call);
    net::Task<void> answerKeyed(const Entry& entry, Call& call, std::string key);

    http::Router& router_;
    Parts parts_;
    std::deque<Entry> entries_;  // handlers refer to them
    RateLimit callers_;
    RateLimit strangers_;
};

}  // namespace pcg::controlplane::rest
