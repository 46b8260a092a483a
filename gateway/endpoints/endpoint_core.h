// SPDX-License-Identifier: Apache-2.0
// Inside of EndpointDirectory: endpoint_directory.cpp keeps the list, endpoint_watch.cpp looks at
// the endpoints. Shared with the coroutines that it spawned.
#pragma once

#include "gateway/endpoints/endpoint_directory.h"
#include "gateway/endpoints/guarded_caller.h"

#include <map>
#include <set>

namespace pcg::gateway {

class EndpointDirectory::Core : public std::enable_shared_from_this<Core> {
  public:
    explicit Core(Parts parts) : parts_(std::move(parts)), tick_(parts_.loop.get_executor()) {}

    net::Task<Result<>> load();
    net::Task<Result<EndpointView>> add(NewEndpoint endpoint);
    net::Task<Result<EndpointView>> change(std::string name, EndpointChange change);
    net::Task<Result<EndpointView>> check(std::string name);
    net::Task<Result<EndpointView>> approve(std::string name,
                                            std::string sha256,
                                            std::function<Result<>()> still);
    net::Task<Result<>> remove(std::string name);
    net::Task<void> stop();

    Result<EndpointView> find(std::string_view nameOrId) const;

    std::vector<EndpointView> views;

  private:
    EndpointView* slot(const wire::EndpointId& id);
    net::Task<Result<>> connect(EndpointRecord record);
    net::Task<Result<EndpointView>> apply(wire::EndpointId id, EndpointChange change);

    static net::Task<void> watch(std::shared_ptr<Core> self);
    static net::Task<void> lookSoon(std::shared_ptr<Core> self, wire::EndpointId id);
    std::chrono::milliseconds untilNextRound();
    net::Task<void> look(wire::EndpointId id);
    net::Task<void> ask(wire::EndpointId id);
    net::Task<void> trusted(wire::EndpointId id, Bytes certificate);
    void refused(const wire::EndpointId& id, Bytes certificate, const Error& why);
    void settle(EndpointView& view, EndpointState state, std::string why, std::string product);
    void doubt(const wire::EndpointId& id);

    void announce() const {
        if (parts_.changed) parts_.changed();
    }

    Parts parts_;
    net::Timer tick_;
    std::map<wire::EndpointId, std::shared_ptr<GuardedCaller>> callers_;
    std::set<wire::EndpointId> doubted_;  // a look is on its way
    bool stopping_ = false;
    bool watching_ = false;
    std::optional<net::Timer> stopped_;
};

}  // namespace pcg::gateway
