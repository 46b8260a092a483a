// SPDX-License-Identifier: Apache-2.0
// Times in queries: RFC 3339 in UTC ("2026-11-21T10:00:00Z", also with milliseconds), or a day
// ("2026-11-21", its first moment). Pure functions.
#pragma once

#include "common/base/clock.h"
#include "controlplane-sim/rest/call.h"

#include <optional>
#include <string_view>

namespace pcg::controlplane::rest {

std::optional<WallTime> parseTime(std::string_view text);

// A query parameter; nothing when it is absent. api.field names it.
Checked<std::optional<WallTime>> queryTime(const Call& call, std::string_view name);

}  // namespace pcg::controlplane::rest
