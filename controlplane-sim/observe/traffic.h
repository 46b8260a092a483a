// SPDX-License-Identifier: Apache-2.0
// Between the ingress and the tunnel: every call takes part in its tenant's budget, is counted in
// the endpoint's metrics and leaves a row in the audit, whichever way it ends. Loop thread.
#pragma once

#include "common/http/client.h"
#include "common/log/seldom.h"
#include "controlplane-sim/audit/audit_event.h"
#include "controlplane-sim/budget/budgets.h"
#include "controlplane-sim/observe/metrics.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace pcg::controlplane {

// Whose calls they are. The name is the endpoint's, for the audit.
struct TrafficOf {
    wire::TenantId tenant;
    wire::GatewayId gateway;
    wire::EndpointId endpoint;
    std::string name;
};

class Traffic {
  public:
    struct Parts {
        Budgets& budgets;
        Metrics& metrics;
        AuditSink& audit;
        const Clock& clock;
    };

    explicit Traffic(Parts parts) : parts_(parts) {}

    // Its calls may outlive the caller, not this.
    std::shared_ptr<http::Caller> meter(TrafficOf whose, std::unique_ptr<http::Caller> inner);

    // For requests that the ingress itself does not let in, because two parsers could disagree
    // about them: a row each, like other refused calls of nobody. What it gives must not outlive
    // this.
    std::function<void(const Error&)> refusals(TrafficOf whose);

    void forget(const wire::EndpointId& endpoint) {
        parts_.metrics.forget(endpoint);
        refusals_.erase(endpoint);
    }

    // Refused calls of nobody that the gateway knows come at any rate that a stranger likes: the
    // first few leave a row each, then one a while that says how many more there were.
    void record(const wire::TenantId& tenant, AuditEvent event, bool isStranger);

  private:
    class MeteredCaller;
    class MeteredCall;

    Parts parts_;
    std::map<wire::EndpointId, log::Seldom> refusals_;
};

// What the gateway says of a call beside its answer (common/wire/vouched.h); empty: nothing.
struct Vouched {
    std::string key;
    std::string method;
    std::string refusal;
};

// Takes it off the head, whatever it holds, so that no client sees it.
Vouched takeVouched(http::HeaderList& headers);

// Who a call is booked on: the access key that the gateway knows. Without its word a key that the
// client names is no more than a claim.
Actor clientActor(const std::string& vouchedKey, const std::string& claimedKey);

// The id of the access key that a request names itself, never anything else of it: what a client
// sends in place of a name may be its password.
std::optional<wire::AccessKeyId> accessKeyOf(const http::RequestHead& request);

// Without the query, and without the parts of a path that let their holder in, such as the ticket
// of a lease.
std::string auditPath(std::string_view path);

}  // namespace pcg::controlplane
