// SPDX-License-Identifier: Apache-2.0
// How far the audits of gateways went, and when: heads of their chains, kept where nobody at the
// gateway can change them (docs/protocol/audit.md). With them an admin of the data center sees
// whether lines were taken out or written anew (`pcgctl audit verify --heads-file`), and an audit
// that goes backwards is seen here. One head an hour is kept, and the newest. Heads are digests:
// they say nothing of what was audited. Storage thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/presence/presence.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::controlplane {

struct WitnessedHead {
    ChainHead head;
    WallTime at;              // when it was told first
    std::int64_t number = 0;  // rises within the gateway
};

const std::vector<std::string_view>& auditWitnessSchema();

class AuditWitness {
  public:
    static constexpr std::chrono::hours kApart{1};
    static constexpr std::int64_t kKept = 2000;  // of each chain

    explicit AuditWitness(store::Database& database) : database_(database) {}

    // What does not fit what was told before, in sentences; empty: nothing. Ignored when the
    // gateway is not the tenant's (any more).
    Result<std::vector<std::string>> keep(const TenantScope& scope,
                                          const wire::GatewayId& gateway,
                                          const std::vector<ChainHead>& heads,
                                          WallTime now);

    // The newest first; `before` is a number.
    Result<std::vector<WitnessedHead>> list(const TenantScope& scope,
                                            const wire::GatewayId& gateway,
                                            std::optional<std::int64_t> before,
                                            std::size_t limit);

  private:
    Result<std::optional<std::string>> keepOne(const TenantScope& scope,
                                               const wire::GatewayId& gateway,
                                               const ChainHead& head,
                                               WallTime now);

    store::Database& database_;
};

}  // namespace pcg::controlplane
