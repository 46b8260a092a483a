// SPDX-License-Identifier: Apache-2.0
// pcgctl from its arguments to its exit code: 0 done, 1 failed, 2 usage.
//
// Runs a loop of its own until the gateway answered; nothing else runs beside it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace pcg::gateway::ctl {

int run(const std::vector<std::string>& arguments,
        std::istream& in,
        std::ostream& out,
        std::ostream& err);

}  // namespace pcg::gateway::ctl
