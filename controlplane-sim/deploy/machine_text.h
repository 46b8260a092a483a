// SPDX-License-Identifier: Apache-2.0
// A machine's record as it is kept. `uuid` and `wished` are columns of their own and not in it.
#pragma once

#include "controlplane-sim/deploy/machine.h"

namespace pcg::controlplane::deploy {

std::string toText(const Machine& machine);
Result<Machine> machineFromText(std::string_view text);

}  // namespace pcg::controlplane::deploy
