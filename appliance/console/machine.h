// SPDX-License-Identifier: Apache-2.0
// Looks at the machine and asks the gateway. Blocking; called from a thread that may wait.
#pragma once

#include "appliance/console/clock_look.h"
#include "appliance/console/late_answers.h"

namespace pcg::appliance {

// What is known without asking anybody, at once: no clock, no gateway, no names.
Facts lookAtMachine();

// All of it, anew; of the clock what `clock` remembers. `socket`: the gateway's control socket.
// Waits for as long as a name takes to resolve, and the gateway and the control plane to answer.
Facts lookAround(const std::string& socket, ClockLook& clock);

// Looks again and again, and waits for the gateway alone: names and control plane are asked beside
// it, and what they said last counts meanwhile. One thread.
class MachineLook {
  public:
    explicit MachineLook(std::string socket);

    Facts look();

  private:
    std::string socket_;
    ClockLook clock_;
    LateAnswers names_;
    LateAnswers controlPlane_;
};

// A yes or no to the question that is on the screen; a sentence about how it went.
std::string answerPairing(const std::string& socket, bool accept);

}  // namespace pcg::appliance
