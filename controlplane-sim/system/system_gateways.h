// SPDX-License-Identifier: Apache-2.0
// The gateways that the platform runs beside the control plane: one process, one state directory
// and one identity for each tenant that is offered one (docs/adr/0010-system-gateways.md).
//
// The database says which are wished; this makes it so, at start and after each change: it starts
// the program, reads the code from its control socket, enrolls it, and when it is withdrawn
// revokes, kills and wipes. Loop thread; await stop() before destruction.
#pragma once

#include "common/http/signal.h"
#include "common/store/worker.h"
#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/system/control_socket.h"
#include "controlplane-sim/system/instance_files.h"
#include "controlplane-sim/system/supervised_program.h"
#include "controlplane-sim/system_gateway_care.h"
#include "controlplane-sim/tenancy/system_offers.h"

#include <map>
#include <memory>

namespace pcg::controlplane {

class SystemGateways final : public SystemGatewayCare {
  public:
    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const Clock& clock;
        Random& random;  // thread-safe
        const PlatformAuthority& authority;
        Lifecycle& lifecycle;
        const LiveGateways& live;
        AuditSink& audit;
    };

    SystemGateways(Parts parts, SystemGatewaySettings settings);
    ~SystemGateways() override;

    // Who enrolls them. Once, before start().
    void enrollWith(PairingService& pairing) { pairing_ = &pairing; }

    // What is offered runs, what was withdrawn is wiped, and so is what nobody knows of.
    net::Task<Result<>> start();

    // Ends all processes; the wishes stay. After the pairing service was stopped.
    net::Task<void> stop();

    net::Task<Result<Offered>> offer(wire::TenantId tenant) override;
    net::Task<Result<>> withdraw(wire::TenantId tenant) override;
    net::Task<Result<std::optional<SystemGatewayView>>> find(wire::TenantId tenant) override;
    net::Task<Result<std::vector<SystemGatewayView>>> list() override;

    // The tenant and its rows are gone: so are its process and its files.
    void tenantLeft(const wire::TenantId& tenant);

  private:
    struct Instance;

    void launch(const SystemOffer& offer);
    static net::Task<void> tend(SystemGateways* self, std::shared_ptr<Instance> instance);
    net::Task<void> look(std::shared_ptr<Instance> instance);
    net::Task<Result<>> enroll(std::shared_ptr<Instance> instance, GatewayReport report);
    net::Task<Result<>> end(std::shared_ptr<Instance> instance, SupervisedProgram::Ending how);
    static net::Task<void> endAndForget(SystemGateways* self, std::shared_ptr<Instance> instance);
    net::Task<Result<>> wipe(std::string instance);
    net::Task<Result<SystemGatewayView>> viewOf(SystemOffer offer);
    void record(const wire::TenantId& tenant, std::string_view action, std::string gatewayId);

    Parts parts_;
    const SystemGatewaySettings settings_;
    PairingService* pairing_ = nullptr;
    std::map<std::string, std::shared_ptr<Instance>> instances_;  // by name
    std::size_t atWork_ = 0;                                      // coroutines that use this object
    http::Signal changed_;  // of atWork_, and of instances that ended
    bool stopping_ = false;
};

}  // namespace pcg::controlplane
