// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/looker.h"

namespace pcg::appliance {

Looker::Looker(std::function<Facts()> look, std::chrono::milliseconds every)
    : look_(std::move(look)),
      every_(every),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Looker::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        auto seen = look_();
        facts_.withLock([&seen](std::optional<Facts>& facts) { facts = std::move(seen); });
        std::unique_lock lock(waking_);
        wake_.wait_for(lock, stop, every_, [this] { return asked_; });
        asked_ = false;
    }
}

std::optional<Facts> Looker::latest() const {
    return facts_.withLock([](const std::optional<Facts>& facts) { return facts; });
}

void Looker::lookNow() {
    {
        const std::scoped_lock lock(waking_);
        asked_ = true;
    }
    wake_.notify_all();
}

}  // namespace pcg::appliance
