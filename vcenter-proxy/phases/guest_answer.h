// SPDX-License-Identifier: Apache-2.0
// Phase 5 of calls whose answer names a place on an ESXi host where the client goes next: a file of
// a guest (InitiateFileTransferTo/FromGuest), a console (AcquireTicket of the type webmks). The
// client gets a place at the ingress instead, for one transfer, with a token of the gateway's.
#pragma once

#include "vcenter-proxy/authorized_request.h"
#include "vcenter-proxy/request_context.h"

namespace pcg::proxy {

// The answer must come uncompressed, and be passed by passPlaceAnswer().
bool namesPlace(const AuthorizedRequest& request);

// The machine that the call is about, as far as its arguments were read; empty if none.
std::string machineOf(const AuthorizedRequest& request, const policy::Arguments& arguments);

// An answer that is not understood, or whose host nobody vouches for, is answered with a fault: the
// host's own URL is of no use to a client, and its ticket lets in whoever has it.
net::Task<Result<>> passPlaceAnswer(RequestContext& context,
                                    const AuthorizedRequest& request,
                                    http::Call& call,
                                    http::ResponseHead head,
                                    std::string machine);

// errc::kMethodDenied: AcquireTicket is open for consoles over WebSockets only. `body`: the whole
// request.
Result<> checkTicketType(BytesView body);

}  // namespace pcg::proxy
