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
    Looker(std::function<Facts()> look,
           std::chrono::milliseconds every,
           std::chrono::milliseconds stale = std::chrono::seconds(20));

    // None before the first look has ended. What the gateway said is left out when the look after
    // it takes longer than `stale`: the gateway is what a look waits for.
    std::optional<Facts> latest() const;
    void lookNow();

  private:
    struct Seen {
        Facts facts;
        std::chrono::steady_clock::time_point when;
    };

    void run(const std::stop_token& stop);

    std::function<Facts()> look_;
    std::chrono::milliseconds every_;
    std::chrono::milliseconds stale_;
    Synchronized<std::optional<Seen>> seen_;
    std::mutex waking_;
    std::condition_variable_any wake_;
    bool asked_ = false;
    std::jthread thread_;  // last: it uses what stands above
};

}  // namespace pcg::appliance
