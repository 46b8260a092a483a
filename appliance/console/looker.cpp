// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/looker.h"

namespace pcg::appliance {

using Steady = std::chrono::steady_clock;

Looker::Looker(std::function<Facts()> look,
               std::chrono::milliseconds every,
               std::chrono::milliseconds stale)
    : look_(std::move(look)),
      every_(every),
      stale_(stale),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Looker::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        auto facts = look_();
        seen_.withLock(
            [&facts](std::optional<Seen>& seen) { seen = Seen{std::move(facts), Steady::now()}; });
        std::unique_lock lock(waking_);
        wake_.wait_for(lock, stop, every_, [this] { return asked_; });
        asked_ = false;
    }
}

std::optional<Facts> Looker::latest() const {
    const auto seen = seen_.withLock([](const std::optional<Seen>& last) { return last; });
    if (!seen) return std::nullopt;
    auto facts = seen->facts;
    if (Steady::now() - seen->when > every_ + stale_) facts.gateway = {};
    return facts;
}

void Looker::lookNow() {
    {
        const std::scoped_lock lock(waking_);
        asked_ = true;
    }
    wake_.notify_all();
}

}  // namespace pcg::appliance
