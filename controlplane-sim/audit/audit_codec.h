// SPDX-License-Identifier: Apache-2.0
// Some consecutive rows of a tenant's audit as the octets that are sealed together. Our own and
// authenticated; still read with every bound checked. Pure functions.
#pragma once

#include "common/base/result.h"
#include "controlplane-sim/audit/audit_event.h"

#include <span>
#include <vector>

namespace pcg::controlplane {

std::string encodeRows(std::span<const AuditEvent> events);

// store.corrupt when they are not what encodeRows wrote.
Result<std::vector<AuditEvent>> decodeRows(std::string_view octets);

}  // namespace pcg::controlplane
