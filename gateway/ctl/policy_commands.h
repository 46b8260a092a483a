// SPDX-License-Identifier: Apache-2.0
// pcgctl policy ..., pause and resume: what they ask the gateway, and how its answers read.
// `policy check` asks nobody.
#pragma once

#include "gateway/ctl/commands.h"

namespace pcg::gateway::ctl {

bool isPolicyVerb(const Command& command);

Result<Request> policyRequest(const Command& command);
std::string renderPolicy(const Command& command, const codec::json::Object& answer);

// For pcgctl status, too: the object "policy" of its answer.
std::string policySummary(const codec::json::Object& policy);

// Looks at a file on this machine. `ok` is false if there is an error in it.
struct Checked {
    bool ok = false;
    std::string text;
};

Result<Checked> checkPolicyFile(const Command& command);

}  // namespace pcg::gateway::ctl
