// SPDX-License-Identifier: Apache-2.0
// What a client of the ingress gets when its request did not come through: always an answer it can
// read.
//
// Over the tenant's budget: 429 with Retry-After, a problem document for everybody.
// Not dispatched: 503 with Retry-After, safe to ask again. Unknown: 504, it may have been executed.
// Both say so in the field Pcg-Outcome. SOAP clients (vSphere's) read nothing but faults, so they
// get one, in a 500 as SOAP 1.1 section 6.2 wants it; everybody else gets a problem document (RFC
// 9457).
#pragma once

#include "common/http/client.h"
#include "common/http/exchange.h"

#include <string>

namespace pcg::controlplane {

inline constexpr std::string_view kOutcomeField = "Pcg-Outcome";

struct FailureAnswer {
    http::ResponseHead head;
    std::string body;
};

bool isSoap(const http::RequestHead& request);
FailureAnswer answerOf(const http::RequestHead& request, const Error& error, http::Outcome outcome);

// Answers, or aborts the exchange if an answer has begun.
net::Task<void> answerFailure(http::Exchange& exchange, Error error, http::Outcome outcome);

}  // namespace pcg::controlplane
