// SPDX-License-Identifier: Apache-2.0
// What the endpoint says when it does not know a session any more, and which calls may then be made
// again in a new one.
#pragma once

#include "common/http/message.h"
#include "vcenter-proxy/endpoint/soap_envelope.h"

namespace pcg::proxy {

// A fault of a session is this long at most; what is longer is another one.
inline constexpr std::size_t kSessionFaultLimit = 8 * 1024;

// The detail of a SOAP fault is NotAuthenticated. `body` is whole; gzip is understood.
bool saysNotAuthenticated(const http::HeaderList& headers, BytesView body);

// The call means something in its own session only: its object belongs to it (session[...]), or it
// goes on with what an earlier call began there. Made anew elsewhere it would do something else, or
// wait for ever.
bool isBoundToSession(const SoapCall& call);

}  // namespace pcg::proxy
