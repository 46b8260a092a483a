// SPDX-License-Identifier: Apache-2.0
// The one place where a request meets the policy: the switches, the admin's file, the role of the
// access key. Every door asks here (SOAP and files: policy.h, MAAS: endpoint/maas/authorize.h, REST
// with Door::Rest, the HTTP method and the canonical path).
//
// Loop thread; no I/O.
#pragma once

#include "common/base/result.h"
#include "vcenter-proxy/policy/read_policy.h"
#include "vcenter-proxy/policy_source.h"

#include <functional>
#include <string>
#include <string_view>

namespace pcg::proxy {

// Of a request, what is not in it.
struct Circumstances {
    std::string_view endpoint = {};  // its name
    WallTime now = {};
    const policy::OwnsMachine* owns = nullptr;
    // Where to say how long what is let through may go on; may be null.
    std::optional<policy::TimeLimit>* limit = nullptr;
};

// Whether a built-in role has the request, by the door's own tables.
using HasRole = std::function<bool(Role)>;

enum class Verdict {
    Allowed,
    NeedsArguments  // what the call names decides, and is not read yet
};

// errc::kMethodDenied or errc::kReadOnly, with a sentence; errc::kPaused.
Result<Verdict> judge(const EndpointPolicy& policy,
                      const Principal& principal,
                      const policy::Ask& ask,
                      const HasRole& has,
                      const Circumstances& circumstances);

// Whether the role full is behind the key at this endpoint, by its own role or the policy file's,
// and no ceiling before it: what no rule can give is asked so.
bool isFull(const EndpointPolicy& policy, const Principal& principal, std::string_view endpoint);

// As the policy file sees whoever asks; views into both.
policy::Asker askerOf(std::string_view endpoint, const Principal& principal);

policy::Builtin builtinOf(Role role);
Role roleOf(policy::Builtin role);

// `what`: how the refusal names the request.
std::string nameOf(const policy::Ask& ask);

// What a policy file may name: the methods that are open to nobody, and the paths of MAAS and REST.
policy::Vocabulary policyVocabulary();

// Whether a built-in role has this request, for questions that no request asks (pcgctl policy
// explain). REST is open to nobody here.
bool builtinHas(Role role, const policy::Ask& ask);

}  // namespace pcg::proxy
