// SPDX-License-Identifier: Apache-2.0
// The endpoints of a gateway and the requests to them: the entry to this module.
//
// serve() runs a request through the phases (admit, authorize, inject credential, forward, filter
// response) and audits it, whatever became of it. Everything on the loop thread; nothing blocks.
// The services and the loop outlive it. start() begins the reaper of idle sessions; stop() ends it
// and logs every session out upstream within its bound, after which no more requests are taken.
#pragma once

#include "vcenter-proxy/endpoint/endpoint.h"
#include "vcenter-proxy/endpoint/service_content.h"
#include "vcenter-proxy/request_context.h"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace pcg::proxy {

// What checkEndpoint() found out; an endpoint that cannot be reached at all is an error instead.
struct EndpointReport {
    AboutInfo about;
    // Nothing: the stored credentials were accepted, now or at a login not long ago. (A check logs
    // in, and out again, but not each time: it may run every few seconds, and every login is an
    // event there.)
    std::optional<Error> credentials_error;
};

class EndpointService {
  public:
    explicit EndpointService(Services services);
    ~EndpointService();
    EndpointService(const EndpointService&) = delete;
    EndpointService& operator=(const EndpointService&) = delete;

    // Adds or replaces. `caller` reaches the endpoint over a verified connection and must have no
    // limit on the time to an answer. Replacing keeps the sessions, and what runs, if the authority
    // is the same; with another name what runs is judged by that.
    net::Task<void> put(EndpointConfig config, std::shared_ptr<http::Caller> caller);

    // What runs is broken off and sessions are logged out; the same when put() changes the
    // authority.
    net::Task<void> remove(wire::EndpointId id);

    // The stored credentials are others now: forget what became of the old ones.
    void credentialsChanged(const wire::EndpointId& id);

    // Breaks off what is running, now. Whoever switches tells the PolicySource first, so that
    // nothing begins in between.
    enum class Cut { Everything, WhatChanges };
    void cutRunning(Cut what, const Error& why);

    // Breaks off what the policy's time windows or the end of its key do not let go on, now.
    // start() does it every second.
    void cutWhatIsOver();

    // Another policy counts: breaks off what runs and is refused by it, now.
    void judgeRunning();

    // The key was revoked: what runs under it is broken off, its sessions end at once, and a login
    // that is under way gets none.
    net::Task<void> dropKey(wire::AccessKeyId key);

    // The session (its token, as a client shows it) that holds the lease, if it was opened with
    // this key: whoever acts for the key in the gateway itself goes on in it, since to a vCenter a
    // lease is that session's and nobody else's.
    std::optional<Secret> sessionOfLease(const wire::EndpointId& endpoint,
                                         const wire::AccessKeyId& key,
                                         std::string_view lease) const;

    // Answers the exchange in every case.
    net::Task<void> serve(http::Exchange& exchange,
                          wire::EndpointId endpoint,
                          std::string request_id);

    // Logs out what an earlier run of the gateway left open (Services::journal), at the endpoints
    // that are there now. For once, after they were put.
    net::Task<void> endSessionsOfEarlierRuns();

    net::Task<Result<EndpointReport>> checkEndpoint(wire::EndpointId id);

    std::size_t sessionCount(const wire::EndpointId& id) const;

    void start();
    net::Task<void> stop(std::chrono::milliseconds bound);

  private:
    class Core;
    std::shared_ptr<Core> core_;
};

}  // namespace pcg::proxy
