// SPDX-License-Identifier: Apache-2.0
// Phase 1 and 2: is this a request at all, what does it ask for, and may it?
//
// Whatever is wrong is answered here, and nothing is returned. A SOAP body is read up to its end or
// to 64 KiB, whichever comes first; the call must be known by then.
#pragma once

#include "vcenter-proxy/authorized_request.h"
#include "vcenter-proxy/endpoint/rest_target.h"
#include "vcenter-proxy/judge.h"
#include "vcenter-proxy/lease_book.h"
#include "vcenter-proxy/request_context.h"

#include <memory>
#include <optional>

namespace pcg::proxy {

// What was read of a SOAP body in order to decide.
struct ReadBody {
    Bytes bytes;
    bool whole = true;                       // nothing follows `bytes`
    std::unique_ptr<SoapEnvelope> envelope;  // to be fed with what follows; null for files
};

struct Admitted {
    AuthorizedRequest request;
    ReadBody body;
    std::shared_ptr<Transfer> transfer = nullptr;  // of /nfc only
};

// The refusal of a call, as SOAP clients understand it where there is a word for it.
net::Task<void> deny(RequestContext& context,
                     Error error,
                     std::optional<SoapCall> call,
                     std::optional<RestDoor> rest = std::nullopt);

// What a policy may look at beside the request.
Circumstances circumstancesOf(const RequestContext& context);

net::Task<std::optional<Admitted>> admit(RequestContext& context);

}  // namespace pcg::proxy
