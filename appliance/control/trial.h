// SPDX-License-Identifier: Apache-2.0
// A change of the network is tried before it is kept: it stands for good only when the way to the
// control plane is back, and goes by itself when that does not happen. Sans I/O: the time and what
// was seen come in, what to do comes out. Whoever cannot reach the machine any more need do
// nothing.
#pragma once

#include "common/base/clock.h"

namespace pcg::appliance {

enum class TrialStep { Wait, Keep, Revert };

class Trial {
  public:
    Trial(SteadyTime begun, std::chrono::seconds most) : deadline_(begun + most) {}

    // `back`: the link was seen standing just now. Seen twice it is believed: the first may be a
    // last word from before.
    TrialStep look(SteadyTime now, bool back) {
        seen_ = back ? seen_ + 1 : 0;
        if (seen_ >= 2) return TrialStep::Keep;
        return now >= deadline_ ? TrialStep::Revert : TrialStep::Wait;
    }

  private:
    SteadyTime deadline_;
    int seen_ = 0;
};

}  // namespace pcg::appliance
