// SPDX-License-Identifier: Apache-2.0
// CONNECT host:port: a tunnel through the gateway that nobody looks into, from its admission to its
// end. Who asks shows an access key of the role full as proxy credentials; the place must be listed
// for the endpoint (tunnel_rules.h), and neither the endpoint's credentials nor its connection have
// a part in it.
#pragma once

#include "vcenter-proxy/request_context.h"

namespace pcg::proxy {

// Answers the exchange in every case: 407 for a wrong key, 403 for a place that is not open, 503
// for one that does not answer.
net::Task<void> tunnel(RequestContext& context);

}  // namespace pcg::proxy
