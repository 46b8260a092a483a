// SPDX-License-Identifier: Apache-2.0
// One session for each endpoint that is worked with, shared by deployments and the inventory
// browser; logged out when nobody has used it for a while. At most kMaxSessions; beyond, the one
// that is idle for longest goes. Loop thread only; await stop().
#pragma once

#include "controlplane-sim/deploy/endpoint_access.h"
#include "controlplane-sim/vsphere/session.h"

#include <map>

namespace pcg::controlplane::vsphere {

class SessionPool {
  public:
    struct Limits {
        std::size_t sessions = 64;
        std::chrono::seconds idle{120};
    };

    SessionPool(net::Loop& loop, const Clock& clock, Limits limits);
    SessionPool(net::Loop& loop, const Clock& clock);

    Result<std::shared_ptr<Session>> open(const TenantScope& scope,
                                          const wire::EndpointId& endpoint,
                                          deploy::Access access);

    // Its key is another one now.
    void forget(const wire::EndpointId& endpoint);

    // Logs out everywhere, for as long as `drain` allows.
    net::Task<void> stop(std::chrono::milliseconds drain);

    std::size_t size() const { return sessions_.size(); }

  private:
    using Key = std::pair<wire::TenantId, wire::EndpointId>;

    struct Held {
        std::shared_ptr<Session> session;
        SteadyTime used;
    };

    Result<std::shared_ptr<Session>> make(deploy::Access access);
    void makeRoom();
    void armSweep();
    void sweep();
    void retire(std::shared_ptr<Session> session);
    net::Task<void> close(std::shared_ptr<Session> session);

    net::Loop& loop_;
    const Clock& clock_;
    Limits limits_;
    std::map<Key, Held> sessions_;
    std::shared_ptr<net::Timer> sweeper_;
    bool sweeping_ = false;
    bool stopped_ = false;
    std::shared_ptr<std::size_t> closing_ = std::make_shared<std::size_t>(0);
};

}  // namespace pcg::controlplane::vsphere
