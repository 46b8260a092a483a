// SPDX-License-Identifier: Apache-2.0
// What runs while the gateway belongs to a tenant: the link, the tunnel over it into the proxy, the
// renewal of the papers. Renewed papers get a link of their own before the old one goes, so that no
// call is lost (docs/adr/0007).
//
// Loop thread only. Await stop() before destroying it.
#pragma once

#include "gateway/enrollment/enrollment.h"
#include "gateway/link/control_link.h"
#include "gateway/link/way_out.h"
#include "vcenter-proxy/endpoint_service.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pcg::gateway {

struct PairedPorts {
    net::Loop& loop;
    const Clock& clock;
    Random& random;
    Enrollment& enrollment;
    const WayOut& wayOut;
    bus::Transport worked = bus::Transport::Nats;  // the last time that a link was up
    std::function<void(bus::Transport)> onTransport = {};
    proxy::EndpointService& service;
    // A request to the gateway itself, from the tenant's side.
    std::function<net::Task<void>(http::Exchange&)> remote;
    wire::InstanceId boot;  // of this run of the daemon
    std::string hostname;
    std::string version;
    std::function<std::optional<AuditHeads>()> auditHeads = {};
    std::function<codec::json::Object(bool whole)> uploads = {};
    // The tenant or the control plane ended it: the papers are void. At most once.
    std::function<void(std::string why)> onOver;
};

class PairedSession {
  public:
    // From enrollment.record().provisioned.
    static Result<std::unique_ptr<PairedSession>> create(PairedPorts ports);

    ~PairedSession();
    PairedSession(const PairedSession&) = delete;
    PairedSession& operator=(const PairedSession&) = delete;

    Result<> start();
    void setInventory(Inventory inventory);
    void uploadsChanged();
    LinkView view() const;

    // Lets running requests end within `drain`, then cuts them and the link.
    net::Task<void> stop(std::chrono::milliseconds drain);

  private:
    struct Core;

    explicit PairedSession(std::shared_ptr<Core> core) : core_(std::move(core)) {}

    std::shared_ptr<Core> core_;
};

}  // namespace pcg::gateway
