// SPDX-License-Identifier: Apache-2.0
// Phase 3 to 5: gives the request the endpoint's cookies, passes it on, and passes the answer back.
//
// Both bodies stream with one buffer each; the answer may come while the request is still being
// sent. A long poll waits without limit and without a buffer. A client that goes away cancels the
// call. The rest of a SOAP body is checked as it passes: it is never completed towards the endpoint
// if it turns out to hold a second call.
#pragma once

#include "vcenter-proxy/phases/admit.h"

namespace pcg::proxy {

net::Task<void> forward(RequestContext& context, Admitted admitted);

// Of the same, for the other kinds of endpoints.

// Connects, and once more if not a byte left: that is safe for every call.
net::Task<Result<std::unique_ptr<http::Call>>> startCall(RequestContext& context,
                                                         http::RequestHead head);

// Passes an answer on, everything but what is between the gateway and the endpoint only. `begun` is
// what was read of its body already.
net::Task<Result<>> passAnswer(RequestContext& context,
                               http::Call& call,
                               http::ResponseHead head,
                               Bytes begun = {});

}  // namespace pcg::proxy
