// SPDX-License-Identifier: Apache-2.0
#include "common/tunnel/open_slots.h"

#include "common/tunnel/errc.h"
#include "common/wire/limits.h"
#include "common/wire/subjects.h"

#include <utility>

namespace pcg::tunnel {

OpenSlots::OpenSlots(bus::Bus& bus,
                     wire::InstanceId instance,
                     std::function<void(std::uint64_t tag)> onNobody)
    : bus_(bus), instance_(std::move(instance)), onNobody_(std::move(onNobody)) {}

std::string OpenSlots::subject(Index slot) const { return wire::openSlot(instance_, slot); }

Result<OpenSlots::Index> OpenSlots::take(SteadyTime now) {
    while (!resting_.empty() && resting_.front().until <= now) {
        free_.push_back(resting_.front().slot);
        resting_.pop_front();
    }
    if (!free_.empty()) {
        const auto slot = free_.back();
        free_.pop_back();
        return slot;
    }
    if (slots_.size() >= wire::kOpenSlots)
        return fail(
            kOverloaded,
            "Too many requests wait for gateways to take them. Ask again in a few seconds.");
    const auto slot = static_cast<Index>(slots_.size());
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [](const bus::Message&) {};
    handlers.onNoResponders = [this, slot] {
        if (const auto tag = std::exchange(slots_[slot].tag, 0); tag != 0) onNobody_(tag);
    };
    auto subscription = PCG_TRY(bus_.subscribe(subject(slot), {}, std::move(handlers)));
    slots_.push_back({std::move(subscription), 0});
    return slot;
}

void OpenSlots::free(Index slot, bool isSettled, SteadyTime now) {
    slots_[slot].tag = 0;
    if (isSettled)
        free_.push_back(slot);
    else
        resting_.push_back({now + wire::kSilenceLimit, slot});
}

}  // namespace pcg::tunnel
