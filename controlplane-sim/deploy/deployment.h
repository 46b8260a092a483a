// SPDX-License-Identifier: Apache-2.0
// A deployment as it is remembered, and what is said of it. Values and pure functions.
#pragma once

#include "controlplane-sim/deploy/spec.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

namespace pcg::controlplane::deploy {

struct DeploymentTag {
    static constexpr std::string_view kPrefix = "dp_";
    static constexpr std::string_view kWhat = "deployment id";
};

using DeploymentId = Id<DeploymentTag>;

Result<DeploymentId> parseDeploymentId(std::string_view text);

struct Deployment {
    DeploymentId id;
    Spec spec;
    std::string userDataSha256;  // hex; empty: there is none
    std::string placement;       // the cloud's own words for where; empty: not planned yet
    bool planFailed = false;
    bool deleting = false;
    bool wasReady = false;
    std::string why;
    std::int64_t revision = 1;  // rises with every change
    WallTime createdAt;
    std::vector<Machine> machines;  // control plane first, then by number
};

struct DeploymentKey {
    TenantScope scope;
    DeploymentId id;

    friend bool operator<(const DeploymentKey& a, const DeploymentKey& b) {
        return std::pair(a.scope.tenant(), a.id) < std::pair(b.scope.tenant(), b.id);
    }
};

// planning, deploying, ready, scaling, deleting, failed.
std::string_view stateName(const Deployment& deployment);

// Those that exist at the endpoint, or may: what stays there when nobody looks after the deployment
// any more.
std::vector<Machine> leftBehind(const Deployment& deployment);

struct Progress {
    std::size_t done = 0;
    std::size_t total = 0;
};

Progress progressOf(const Deployment& deployment);

// The machines that `counts` adds to those that are there: the lowest free numbers. A machine that
// is on its way out keeps its number until it is gone.
std::vector<Machine> added(const std::string& deployment,
                           const std::vector<Machine>& present,
                           const Counts& counts,
                           Origin origin,
                           Random& random,
                           WallTime now);

// The names of those that are one too many: the highest numbers first.
std::vector<std::string> surplus(const std::vector<Machine>& present, const Counts& counts);

}  // namespace pcg::controlplane::deploy
