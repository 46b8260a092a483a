// SPDX-License-Identifier: Apache-2.0
// What gateways say of uploads by reference, kept and told: the tenant's list, live news with how
// far each is, a row of the audit when one is over. Loop thread in front, storage thread behind;
// one job for each gateway at a time, and what it says meanwhile replaces what waits.
#pragma once

#include "common/store/worker.h"
#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/observe/event_hub.h"
#include "controlplane-sim/tenancy/uploads.h"

#include <map>

namespace pcg::controlplane {

class UploadWatch {
  public:
    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const Clock& clock;
        const PlatformAuthority& authority;
        AuditSink& audit;
        EventHub& events;
    };

    explicit UploadWatch(Parts parts) : parts_(parts) {}

    void reported(const wire::TenantId& tenant,
                  const wire::GatewayId& gateway,
                  UploadsReport report);

    // News of one, by whoever asked the gateway itself.
    void tell(const wire::TenantId& tenant, const Upload& upload);

  private:
    struct Waiting {
        bool busy = false;
        std::optional<UploadsReport> next;
    };

    net::Task<void> keep(wire::TenantId tenant, wire::GatewayId gateway, UploadsReport report);
    net::Task<void> keepOne(wire::TenantId tenant, wire::GatewayId gateway, UploadsReport report);

    Parts parts_;
    std::map<wire::GatewayId, Waiting> waiting_;
};

}  // namespace pcg::controlplane
