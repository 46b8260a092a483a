// SPDX-License-Identifier: Apache-2.0
// Looks at the machine and asks the gateway. Blocking, for as long as a name takes to resolve and
// the gateway to answer; called from a thread that may wait.
#pragma once

#include "appliance/console/clock_look.h"

namespace pcg::appliance {

// All of it, anew; of the clock what `clock` remembers. `socket`: the gateway's control socket.
Facts lookAround(const std::string& socket, ClockLook& clock);

// A yes or no to the question that is on the screen; a sentence about how it went.
std::string answerPairing(const std::string& socket, bool accept);

}  // namespace pcg::appliance
