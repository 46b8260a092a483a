// SPDX-License-Identifier: Apache-2.0
// pcgctl from its arguments to its exit code: 0 done, 1 failed, 2 usage.
//
// `interactive`: `in` is a terminal with somebody at it, who may be asked.
// `onMachine`: who does the verbs that are about the machine (Verb::onMachine); without one they
// are refused. Runs a loop of its own until the gateway answered; nothing else runs beside it.
#pragma once

#include "gateway/ctl/arguments.h"

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace pcg::gateway::ctl {

using OnMachine = std::function<int(
    const Command& command, std::istream& in, std::ostream& out, std::ostream& err)>;

int run(const std::vector<std::string>& arguments,
        std::istream& in,
        std::ostream& out,
        std::ostream& err,
        bool interactive = false,
        const OnMachine& onMachine = {});

}  // namespace pcg::gateway::ctl
