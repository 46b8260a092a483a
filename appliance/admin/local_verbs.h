// SPDX-License-Identifier: Apache-2.0
// The verbs of pcgctl that are about the machine, not the gateway: diagnose, support-bundle,
// network, proxy, settings, reboot, power-off, factory-reset, console-pin. Blocking.
#pragma once

#include "gateway/ctl/arguments.h"

#include <iosfwd>

namespace pcg::appliance {

// pcgctl's exit code: 0 done, 1 failed, 2 usage.
int performOnMachine(const gateway::ctl::Command& command,
                     std::istream& in,
                     std::ostream& out,
                     std::ostream& err);

}  // namespace pcg::appliance
