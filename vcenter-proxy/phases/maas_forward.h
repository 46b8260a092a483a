// SPDX-License-Identifier: Apache-2.0
// Passes an authorized call on to MAAS under the real API key, and its answer back.
//
// Octet for octet, but for three answers: 401 becomes the gateway's own 503, an error's text that
// holds the secret is replaced, and a description leads to the gateway.
#pragma once

#include "vcenter-proxy/endpoint/maas/authorize.h"
#include "vcenter-proxy/request_context.h"

#include <memory>

namespace pcg::proxy::maas {

net::Task<void> forward(RequestContext& context, std::shared_ptr<const AuthorizedCall> call);

}  // namespace pcg::proxy::maas
