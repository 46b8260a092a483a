// SPDX-License-Identifier: Apache-2.0
// The endpoints of this gateway while it runs: what is registered, how each one fares, and the way
// to it.
//
// The state directory is the truth, this is its copy on the loop thread, and the proxy's
// EndpointService gets every change. One coroutine looks at all endpoints again and again, give or
// take a fifth of Parts::checkEvery, and a call that meets another certificate makes it look at
// once; changes are told to one observer (the inventory that the control plane gets). start() after
// the storage is open; await stop() before it closes.
#pragma once

#include "common/net/dialer.h"
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

enum class EndpointState {
    Checking,  // not looked at yet
    Ok,
    Unreachable,
    Untrusted,           // shows a certificate that nobody approved or that does not verify
    CertificateChanged,  // shows another one than the one that was trusted: the circuit is open
    BadCredentials
};

std::string_view endpointStateName(EndpointState state);  // "certificate_changed"

struct EndpointView {
    EndpointRecord record;
    EndpointState state = EndpointState::Checking;
    std::string why;       // a sentence, when it is not ok
    std::string product;   // "VMware vCenter Server 8.0.3 ..." once it answered
    Bytes presented = {};  // DER, when it is not the trusted certificate
    std::optional<WallTime> checkedAt = {};
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
        const Clock& clock;
        std::function<store::Scope()> scope;  // under whose keys credentials are sealed now
        std::function<void()> changed;        // after any visible change
        std::chrono::milliseconds checkEvery = kCheckEvery;
        std::shared_ptr<net::Route> route = std::make_shared<net::DirectRoute>();
    };

    explicit EndpointDirectory(Parts parts);
    ~EndpointDirectory();
    EndpointDirectory(const EndpointDirectory&) = delete;
    EndpointDirectory& operator=(const EndpointDirectory&) = delete;

    // Loads what is registered and begins to look at it.
    net::Task<Result<>> start();
    net::Task<void> stop();

    std::vector<EndpointView> list() const;

    // By id, if it looks like one, and then by nothing else; or by name. gateway.no_such_endpoint,
    // with a did-you-mean.
    Result<EndpointView> find(std::string_view nameOrId) const;

    // Registers it even if it does not answer: `state` and `why` of the view say so.
    net::Task<Result<EndpointView>> add(NewEndpoint endpoint);
    net::Task<Result<EndpointView>> change(std::string name, EndpointChange change);
    net::Task<Result<EndpointView>> check(std::string name);

    // Trusts exactly this certificate (SHA-256, 64 hex digits) from now on, if it is the one that
    // the endpoint shows at this moment: gateway.other_certificate. `still` is asked once that is
    // known: whoever approves may have lost the right to.
    net::Task<Result<EndpointView>> approve(std::string name,
                                            std::string sha256,
                                            std::function<Result<>()> still = nullptr);
    net::Task<Result<>> remove(std::string name);

  private:
    class Core;
    std::shared_ptr<Core> core_;
};

// What a check says: the state of an endpoint whose certificate is trusted, from its error.
EndpointState stateOf(const Error& error);

// What the certificate says, in the words that an admin reads.
struct Verdict {
    EndpointState state;
    std::string why;
};

// `seen` is DER; the refusal is isTrustFailure().
Verdict judgeCertificate(const EndpointRecord& record, BytesView seen, const Error& refusal);

}  // namespace pcg::gateway
