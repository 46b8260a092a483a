// SPDX-License-Identifier: Apache-2.0
// What the data-center admin decided for an endpoint, beyond the roles of the keys.
//
// Asked once per request, on the loop thread; must not block. The snapshot is immutable, so a
// change takes effect with the next request and never in the middle of one.
#pragma once

#include "vcenter-proxy/policy/decide.h"
#include "vcenter-proxy/principal.h"

#include <memory>
#include <string>
#include <vector>

namespace pcg::proxy {

struct EndpointPolicy {
    // No key may do more than this here, whatever its own role says.
    Role ceiling = Role::Full;

    // SOAP methods refused to everybody, by name.
    std::vector<std::string> denied_methods;

    // Where keys of the role deploy may read and write datastore files: /folder/<this>... on any
    // datastore. Empty = nowhere. The role full is not bound by it.
    std::string deploy_folder_prefix = "pcg/";

    // The admin's policy file; null: the roles of the keys are all there is.
    std::shared_ptr<const policy::Policy> document = {};

    // Nothing but reading, whatever a role says.
    bool read_only = false;

    // Why nothing at all is let through; nothing if it is.
    std::optional<std::string> paused = {};
};

class PolicySource {
  public:
    virtual ~PolicySource() = default;

    // Never null.
    virtual std::shared_ptr<const EndpointPolicy> policyFor(const wire::EndpointId& endpoint) = 0;

    // A request that was let through, for whoever learns from what is asked. Must not block; the
    // views end with the call.
    virtual void observe(const policy::Asker&, const policy::Ask&) {}
};

// The same policy for every endpoint; the default of a gateway that was told nothing.
class FixedPolicy final : public PolicySource {
  public:
    explicit FixedPolicy(EndpointPolicy policy = {})
        : policy_(std::make_shared<const EndpointPolicy>(std::move(policy))) {}

    std::shared_ptr<const EndpointPolicy> policyFor(const wire::EndpointId&) override {
        return policy_;
    }

  private:
    std::shared_ptr<const EndpointPolicy> policy_;
};

}  // namespace pcg::proxy
