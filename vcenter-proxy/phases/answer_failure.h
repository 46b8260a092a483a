// SPDX-License-Identifier: Apache-2.0
// Says in words what went wrong between the gateway and the endpoint.
//
// Never 502: clients take it for "try again" (govmomi does, three times) although the call may have
// run. 503 = it certainly did not, 504 = nobody knows. Pcg-Outcome says the same to machines.
#pragma once

#include "vcenter-proxy/endpoint/request_target.h"
#include "vcenter-proxy/request_context.h"

namespace pcg::proxy {

net::Task<void> answerFailure(RequestContext& context,
                              Surface surface,
                              Error error,
                              http::Outcome outcome);

}  // namespace pcg::proxy
