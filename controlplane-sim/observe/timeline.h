// SPDX-License-Identifier: Apache-2.0
// What became of a gateway, and why: the last 500 changes of its state. Texts are sealed under the
// tenant's key. Storage thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::controlplane {

enum class Severity { Info, Success, Warning, Danger };

std::string_view nameOf(Severity severity);

struct TimelineEntry {
    WallTime at;
    std::string kind;  // "online", "offline", "paired", "endpoint", "released", ...
    Severity severity = Severity::Info;
    std::string text;         // "The gateway is online."
    std::string cause;        // a sentence; empty when there is none
    std::int64_t number = 0;  // rises within the gateway
};

const std::vector<std::string_view>& timelineSchema();

inline constexpr std::int64_t kTimelineEntries = 500;

class Timeline {
  public:
    explicit Timeline(store::Database& database) : database_(database) {}

    // Ignored when the gateway is not the tenant's (any more).
    Result<> add(const TenantScope& scope, const wire::GatewayId& gateway, TimelineEntry entry);

    // The newest first; `before` is a number.
    Result<std::vector<TimelineEntry>> list(const TenantScope& scope,
                                            const wire::GatewayId& gateway,
                                            std::optional<std::int64_t> before,
                                            std::size_t limit);

  private:
    store::Database& database_;
};

}  // namespace pcg::controlplane
