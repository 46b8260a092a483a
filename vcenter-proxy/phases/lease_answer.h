// SPDX-License-Identifier: Apache-2.0
// Phase 5 where leases are concerned: an answer that opens one is read, answers in which a session
// with leases reads properties are searched for their URLs, and what ends a lease ends its
// transfers.
#pragma once

#include "vcenter-proxy/authorized_request.h"
#include "vcenter-proxy/request_context.h"

namespace pcg::proxy {

// The answer must come uncompressed, and be passed by passLeaseAnswer().
bool concernsLeases(const Endpoint& endpoint, const AuthorizedRequest& request);

net::Task<Result<>> passLeaseAnswer(RequestContext& context,
                                    const AuthorizedRequest& request,
                                    http::Call& call,
                                    http::ResponseHead head);

// A call that was answered with a success: Progress, Complete, Abort.
void noteLeaseCall(Endpoint& endpoint, const AuthorizedRequest& request);

}  // namespace pcg::proxy
