// SPDX-License-Identifier: Apache-2.0
// The JSON of the vCenter's REST interface that the gateway reads and writes itself: the id of a
// session, the errors, the places of transfers.
//
// Errors have the shape of com.vmware.vapi.std.errors (vSphere Automation API reference), which
// /rest wraps into type and value and /api does not. Pure functions, any thread.
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"
#include "vcenter-proxy/endpoint/rest_target.h"

#include <optional>
#include <string>
#include <string_view>

namespace pcg::proxy {

inline constexpr std::size_t kTransferAnswerLimit = 1024 * 1024;

// The error of that HTTP status: 401 unauthenticated, 403 unauthorized, 404 not_found, 503
// service_unavailable, 504 timed_out, else invalid_request.
std::string restErrorBody(RestDoor door, int status, std::string_view text);

// The answer to a login: {"value":"id"} at /rest, "id" at /api. errc::kNotAVcenter if it is none,
// or an id that does not fit into a header field.
Result<Secret> parseSessionId(RestDoor door, BytesView body);

std::string sessionIdBody(RestDoor door, std::string_view id);

// The same JSON with every "uri" that leads to content library files leading to `client_host`, and
// without the certificate's thumbprint beside it, which is not the one that the client meets.
// Nothing if there is no such URI, or if it is not JSON: then the answer is passed as it is. Hosts
// that are named elsewhere are not looked at, and nobody goes where such a URI led: what comes to
// the path is sent to the endpoint itself.
std::optional<std::string> withOwnTransferUris(BytesView json, std::string_view client_host);

}  // namespace pcg::proxy
