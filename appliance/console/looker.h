// SPDX-License-Identifier: Apache-2.0
// Looks at the machine again and again beside the screen, so that a gateway that is slow to answer
// holds up no key. One thread of its own, which ends with the object (within one look).
#pragma once

#include "common/base/synchronized.h"

#include <condition_variable>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>

#include "appliance/console/facts.h"

namespace pcg::appliance {

class Looker {
  public:
    // `look` is called on that thread, now and `every` later, and at once after lookNow().
    Looker(std::function<Facts()> look, std::chrono::milliseconds every);

    // None before the first look has ended.
    std::optional<Facts> latest() const;
    void lookNow();

  private:
    void run(const std::stop_token& stop);

    std::function<Facts()> look_;
    std::chrono::milliseconds every_;
    Synchronized<std::optional<Facts>> facts_;
    std::mutex waking_;
    std::condition_variable_any wake_;
    bool asked_ = false;
    std::jthread thread_;  // last: it uses what stands above
};

}  // namespace pcg::appliance
