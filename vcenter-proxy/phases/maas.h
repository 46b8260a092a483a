// SPDX-License-Identifier: Apache-2.0
// One request to a MAAS, from its arrival to its answer: the client's OAuth signature is verified
// against the name that the client knows the gateway by, the operation is authorized, and the
// request goes on under a signature with the real API key.
//
// The client's signature never leaves, nor does a parameter of OAuth's. An answer 401 of MAAS may
// hold the secret in its body: it is neither passed on nor read. Nothing is repeated that may have
// left; the octets of an upload stream through.
#pragma once

#include "vcenter-proxy/request_context.h"

namespace pcg::proxy::maas {

net::Task<void> serve(RequestContext& context);

}  // namespace pcg::proxy::maas
