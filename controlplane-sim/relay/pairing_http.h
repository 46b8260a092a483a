// SPDX-License-Identifier: Apache-2.0
// Answers of the pairing routes: JSON, problems, and the fixed delay of a refused claim. Loop
// thread.
#pragma once

#include "common/http/exchange.h"
#include "controlplane-sim/relay/relay.h"

namespace pcg::controlplane {

net::Task<void> sendJson(http::Exchange& exchange, int status, std::string body);
net::Task<void> sendNothing(http::Exchange& exchange, int status);
net::Task<void> sendRefusal(http::Exchange& exchange, pairing::Refusal refusal);

// Reads a message body; the error is ready to be sent.
net::Task<Answer<std::string>> readMessage(http::Exchange& exchange);

// "weather" as 503 with its sentence, "input" as 400.
pairing::Refusal refusalOf(const Error& error);

}  // namespace pcg::controlplane
