// SPDX-License-Identifier: Apache-2.0
// POST /rest/com/vmware/cis/session and POST /api/session: the access key comes as Basic
// credentials, a session of the same kind is opened with the stored ones, and the client gets an id
// of the gateway's.
//
// Other ways to prove oneself there (SIGN, Bearer: SAML tokens) are refused: nothing of theirs goes
// upstream.
#pragma once

#include "vcenter-proxy/endpoint/rest_target.h"
#include "vcenter-proxy/request_context.h"

namespace pcg::proxy {

net::Task<void> restLogin(RequestContext& context, RestCall call);

}  // namespace pcg::proxy
