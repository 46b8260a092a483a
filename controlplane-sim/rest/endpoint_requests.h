// SPDX-License-Identifier: Apache-2.0
// Bodies about endpoints and access keys, checked and normalised before the gateway is asked: what
// a person pasted becomes what both sides read the same way, and a mistake is named without a round
// trip. The gateway checks all of it again. Pure functions.
#pragma once

#include "controlplane-sim/rest/fields.h"

namespace pcg::controlplane::rest {

// {"name","kind","address","trust","credentials"} as the gateway wants it.
Checked<codec::json::Object> newEndpointBody(const Fields& fields);

// Any of {"name","address","trust","credentials"}, at least one.
Checked<codec::json::Object> endpointChangeBody(const Fields& fields);

// {"sha256"}
Checked<codec::json::Object> approvalBody(const Fields& fields);

// {"label"?,"role","expires_in_s"?}
Checked<codec::json::Object> newKeyBody(const Fields& fields);

}  // namespace pcg::controlplane::rest
