// SPDX-License-Identifier: Apache-2.0
// A change that was asked for over the API, as a row of the audit: "POST
// /api/v1/gateways/{id}/endpoints" is "endpoint.add", ".../endpoints/{eid}/check" is
// "endpoint.check". So no resource can forget it. Pure functions.
#pragma once

#include "common/codec/json.h"
#include "common/http/router.h"
#include "controlplane-sim/audit/audit_event.h"

#include <optional>

namespace pcg::controlplane::rest {

// Nothing for what changes nothing: GET, a repetition that was answered from what is kept (status
// 0), and whatever is refused as malformed (4xx but 401, 403, 404, 409, 412 and 429).
std::optional<AuditEvent> changeOf(std::string_view method,
                                   std::string_view pattern,
                                   const http::RouteParams& params,
                                   const codec::json::Object& body,
                                   int status);

}  // namespace pcg::controlplane::rest
