// SPDX-License-Identifier: Apache-2.0
// Calls that the gateway makes of itself: Login, Logout, RetrieveServiceContent.
//
// Small both ways, and with a deadline, unlike the calls that are passed on. They go on when the
// client goes away: a Login that was cut off would leave a session that nobody can end.
#pragma once

#include "vcenter-proxy/endpoint/endpoint.h"

#include <chrono>
#include <memory>

namespace pcg::proxy {

struct OwnCall {
    std::string method = "POST";
    std::string target = "/sdk";
    http::HeaderList headers;  // Host and, with a body, Content-Type are added
    BytesView body;            // must live until the call is over
    std::chrono::milliseconds deadline{};
};

struct OwnAnswer {
    http::ResponseHead head;
    Bytes body;
};

struct OwnFailure {
    Error error;
    http::Outcome outcome;
};

inline constexpr std::size_t kOwnAnswerLimit = 64 * 1024;

using OwnResult = tl::expected<OwnAnswer, OwnFailure>;

net::Task<OwnResult> callEndpoint(std::shared_ptr<Endpoint> endpoint, OwnCall call);

// Ends a session at the endpoint; a session that was taken out of its table. Bounded by the
// endpoint's logout deadline. A failure is logged: nobody can do anything about it, the vCenter's
// own idle limit will end the session.
net::Task<void> logoutUpstream(std::shared_ptr<Endpoint> endpoint,
                               std::shared_ptr<Session> session);

}  // namespace pcg::proxy
