// SPDX-License-Identifier: Apache-2.0
// Whether an endpoint is a MAAS, which one, and whether it takes the stored API key.
#pragma once

#include "vcenter-proxy/endpoint_service.h"

namespace pcg::proxy::maas {

net::Task<Result<EndpointReport>> check(Services& services, std::shared_ptr<Endpoint> endpoint);

}  // namespace pcg::proxy::maas
