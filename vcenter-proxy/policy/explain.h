// SPDX-License-Identifier: Apache-2.0
// Why a request is let through or refused, in words for the person who wrote the policy.
#pragma once

#include "vcenter-proxy/policy/decide.h"

#include <string>

namespace pcg::policy {

struct Switches {
    bool read_only = false;
    bool paused = false;
};

struct Explanation {
    bool allowed = false;
    std::string text;  // some lines
};

// `policy` is null where there is none.
Explanation explain(const Policy* policy,
                    const Switches& switches,
                    const Asker& asker,
                    const Ask& ask,
                    const HasBuiltin& has,
                    const Circumstances& circumstances);

}  // namespace pcg::policy
