// SPDX-License-Identifier: Apache-2.0
// Calls that the gateway makes of itself: Login, Logout, RetrieveServiceContent.
//
// Small both ways, and with a deadline, unlike the calls that are passed on. They go on when the
// client goes away: a Login that was cut off would leave a session that nobody can end.
#pragma once

#include "vcenter-proxy/credential_vault.h"
#include "vcenter-proxy/endpoint/endpoint.h"

#include <chrono>
#include <memory>
#include <string>

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

// The endpoint's stored credentials. proxy.endpoint_changed when they are for another address:
// somebody changes the endpoint at this moment, and what is stored is ahead of what runs. Nobody
// takes credentials from the vault but through this.
net::Task<Result<Credential>> storedCredential(CredentialVault& vault,
                                               std::shared_ptr<Endpoint> endpoint);

// The body of a Login at this endpoint with them.
net::Task<Result<Secret>> storedLogin(CredentialVault& vault,
                                      std::shared_ptr<Endpoint> endpoint,
                                      ManagedObject sessionManager,
                                      std::string locale);

// Ends a session at the endpoint; a session that was taken out of its table. Bounded by the
// endpoint's logout deadline. A failure is logged: nobody can do anything about it, the vCenter's
// own idle limit will end the session.
net::Task<void> logoutUpstream(std::shared_ptr<Endpoint> endpoint,
                               std::shared_ptr<Session> session);

}  // namespace pcg::proxy
