// SPDX-License-Identifier: Apache-2.0
// /audit: who did what. The list, its export as CSV or JSON lines, and the sums of a period.
//
// Export and report read a page at a time, so that their memory does not grow with what they
// deliver and nobody waits long for the storage: one page of a tenant at a time, one report.
#pragma once

#include "controlplane-sim/audit/audit_store.h"
#include "controlplane-sim/rest/api_routes.h"
#include "controlplane-sim/rest/audit_turns.h"
#include "controlplane-sim/rest/services.h"

namespace pcg::controlplane::rest {

class AuditApi {
  public:
    AuditApi(Services services, const Authenticator& authenticator)
        : services_(services), authenticator_(authenticator) {}

    void addTo(ApiRoutes& routes);

  private:
    net::Task<Checked<Reply>> list(Call& call);
    net::Task<Checked<>> exportAll(Call& call);
    net::Task<Checked<Reply>> report(Call& call);

    net::Task<Checked<AuditStore::Page>> page(TenantScope scope,
                                              std::shared_ptr<const AuditFilter> filter,
                                              std::optional<std::uint64_t> before,
                                              std::size_t limit);

    Services services_;
    AuditTurns pages_{32};
    AuditTurns reports_{0};
    const Authenticator& authenticator_;
};

}  // namespace pcg::controlplane::rest
