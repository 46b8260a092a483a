// SPDX-License-Identifier: Apache-2.0
// What happens to gateways and their endpoints, told to everybody who keeps or shows it: the
// timeline, the audit, the live news. What a gateway can make happen at will is told one by one up
// to a pace, then by number. Loop thread; looks names up on the storage thread, in one job for what
// was told together.
#pragma once

#include "common/store/worker.h"
#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/observe/audit_witness.h"
#include "controlplane-sim/observe/event_hub.h"
#include "controlplane-sim/observe/timeline.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/rest/rate_limit.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <vector>

namespace pcg::controlplane {

struct EndpointChange {
    enum class Kind { Appeared, Changed, Gone };

    Kind kind = Kind::Changed;
    wire::EndpointId id;
    std::string name;
    std::string state;  // now
    std::string why;
};

// What differs between two reports of one gateway.
std::vector<EndpointChange> changesBetween(const std::vector<Endpoint>& before,
                                           const std::vector<Endpoint>& after);

class GatewayWatch {
  public:
    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const Clock& clock;
        const PlatformAuthority& authority;
        AuditSink& audit;
        EventHub& events;
    };

    explicit GatewayWatch(Parts parts);

    void linkChanged(const wire::TenantId& tenant,
                     const wire::GatewayId& gateway,
                     const LiveGateway& live);
    void started(const wire::TenantId& tenant,
                 const wire::GatewayId& gateway,
                 const std::string& version);
    void paired(const wire::TenantId& tenant, const wire::GatewayId& gateway);
    void released(const wire::TenantId& tenant, const wire::GatewayId& gateway);
    void endpointsChanged(const wire::TenantId& tenant,
                          const wire::GatewayId& gateway,
                          const std::vector<EndpointChange>& changes);
    // Keeps how far the gateway's audit goes; says so when that contradicts what it said before.
    void auditHeads(const wire::TenantId& tenant,
                    const wire::GatewayId& gateway,
                    std::vector<ChainHead> heads);

  private:
    struct Note {
        wire::TenantId tenant;
        wire::GatewayId gateway;
        TimelineEntry entry;
        AuditEvent event;
    };

    Note note(const wire::TenantId& tenant,
              const wire::GatewayId& gateway,
              TimelineEntry entry,
              std::string action) const;
    void tell(Note note);
    void tellAll(std::vector<Note> notes);
    net::Task<void> keep(std::vector<Note> notes);
    net::Task<void> witness(wire::TenantId tenant,
                            wire::GatewayId gateway,
                            std::vector<ChainHead> heads);
    Note countOf(const wire::TenantId& tenant, const wire::GatewayId& gateway, std::size_t untold);

    Parts parts_;
    rest::RateLimit told_;  // by gateway
    rest::RateLimit counted_;
};

}  // namespace pcg::controlplane
