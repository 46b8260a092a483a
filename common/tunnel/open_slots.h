// SPDX-License-Identifier: Apache-2.0
// Reply subjects for OPENs, one for each that waits for its first answer, so that the broker's "no
// responders" tells which OPEN reached nobody. A slot whose OPEN was never answered rests for a
// while before it is used again: a late "no responders" must not hit another request.
#pragma once

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/wire/ids.h"

#include <deque>
#include <functional>
#include <vector>

namespace pcg::tunnel {

class OpenSlots {
  public:
    using Index = unsigned;

    // `onNobody` gets the tag that the slot was taken with.
    OpenSlots(bus::Bus& bus,
              wire::InstanceId instance,
              std::function<void(std::uint64_t tag)> onNobody);

    Result<Index> take(SteadyTime now);

    void tag(Index slot, std::uint64_t tag) { slots_[slot].tag = tag; }

    std::string subject(Index slot) const;

    // `isSettled`: it was answered, or never sent; nothing can come any more.
    void free(Index slot, bool isSettled, SteadyTime now);

  private:
    struct Slot {
        std::unique_ptr<bus::Subscription> subscription;
        std::uint64_t tag = 0;
    };

    struct Resting {
        SteadyTime until;
        Index slot;
    };

    bus::Bus& bus_;
    wire::InstanceId instance_;
    std::function<void(std::uint64_t)> onNobody_;
    std::vector<Slot> slots_;
    std::vector<Index> free_;
    std::deque<Resting> resting_;
};

}  // namespace pcg::tunnel
