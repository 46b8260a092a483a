// SPDX-License-Identifier: Apache-2.0
// One request from its admission to its answer, by the endpoint's kind and the door that it came
// through. Answers the client in every case; what came of it is in the context's audit record. Loop
// thread.
#pragma once

#include "vcenter-proxy/request_context.h"

namespace pcg::proxy {

net::Task<void> runPhases(RequestContext& context);

}  // namespace pcg::proxy
