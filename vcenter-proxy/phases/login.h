// SPDX-License-Identifier: Apache-2.0
// The one call that is not passed on but made anew: the client's access key is checked, and a Login
// with the real credentials goes to the endpoint.
//
// A wrong key never reaches the endpoint. The client gets a cookie of the gateway's; the endpoint's
// stays here. Every session that was opened upstream is in the table or logged out again, whatever
// happens to the client meanwhile.
#pragma once

#include "vcenter-proxy/phases/admit.h"

namespace pcg::proxy {

net::Task<void> login(RequestContext& context, Admitted admitted);

}  // namespace pcg::proxy
