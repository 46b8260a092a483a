// SPDX-License-Identifier: Apache-2.0
// The endpoints of this gateway while it runs: what is registered, how each one fares, and the way
// to it.
//
// The state directory is the truth, this is its copy on the loop thread, and the proxy's
// EndpointService gets every change. One coroutine looks at all endpoints every kCheckEvery;
// changes are told to one observer (the inventory that the control plane gets). start() after the
// storage is open; await stop() before it closes.
#pragma once

#include "gateway/endpoints/new_endpoint.h"
#include "gateway/health/warnings.h"
#include "gateway/state/audit_trail.h"
#include "gateway/state/state_store.h"
#include "vcenter-proxy/endpoint_service.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pcg::gateway {

enum class EndpointState { Unknown, Ready, Unreachable, Untrusted, CredentialsRejected };

std::string_view endpointStateName(EndpointState state);  // "credentials_rejected"

struct EndpointView {
    EndpointRecord record;
    EndpointState state = EndpointState::Unknown;
    std::string why;      // a sentence, when it is not ready
    std::string product;  // "VMware vCenter Server 8.0.3 ..." once it answered
};

class EndpointDirectory {
  public:
    static constexpr std::chrono::seconds kCheckEvery{60};

    struct Parts {
        net::Loop& loop;
        StateStore& state;
        proxy::EndpointService& service;
        Warnings& warnings;
        AuditTrail& audit;
        Random& random;
        std::function<store::Scope()> scope;  // under whose keys credentials are sealed now
        std::function<void()> changed;        // after any visible change
    };

    explicit EndpointDirectory(Parts parts);
    ~EndpointDirectory();
    EndpointDirectory(const EndpointDirectory&) = delete;
    EndpointDirectory& operator=(const EndpointDirectory&) = delete;

    // Loads what is registered and begins to look at it.
    net::Task<Result<>> start();
    net::Task<void> stop();

    std::vector<EndpointView> list() const;

    // By name or id; gateway.no_such_endpoint, with a did-you-mean.
    Result<EndpointView> find(std::string_view nameOrId) const;

    // Registers it even if it does not answer: `state` and `why` of the view say so.
    net::Task<Result<EndpointView>> add(NewEndpoint endpoint);
    net::Task<Result<EndpointView>> check(std::string name);
    net::Task<Result<EndpointView>> setCredentials(std::string name,
                                                   EndpointCredentials credentials);
    net::Task<Result<>> remove(std::string name);

  private:
    class Core;
    std::shared_ptr<Core> core_;
};

// The state of an endpoint from what a check said.
EndpointState stateOf(const Error& error);

}  // namespace pcg::gateway
