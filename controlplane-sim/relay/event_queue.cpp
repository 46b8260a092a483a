// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/relay/event_queue.h"

namespace pcg::controlplane {

bool EventQueue::push(pairing::Envelope envelope) {
    if (closed_ || events_.size() >= kMaxKept) return false;
    const auto number = static_cast<std::int64_t>(events_.size()) + 1;
    events_.push_back({number, std::move(envelope)});
    changed_.notify();
    return true;
}

pairing::EventList EventQueue::after(std::int64_t number) const {
    pairing::EventList list;
    for (const auto& event : events_) {
        if (event.number > number && list.events.size() < pairing::kMaxEvents)
            list.events.push_back(event);
    }
    return list;
}

namespace {

// Shared with the watchdog and the exchange, which may outlive the wait by a turn of the loop.
struct Waiting {
    bool over = false;
};

}  // namespace

net::Task<void> EventQueue::wait(std::int64_t number,
                                 std::chrono::milliseconds limit,
                                 http::Exchange& exchange) {
    const auto waiting = std::make_shared<Waiting>();
    const auto end = [this, waiting] {
        if (std::exchange(waiting->over, true)) return;
        changed_.notify();
    };
    const auto watchdog = std::make_shared<http::Watchdog>(executor_, end);
    watchdog->arm(limit);
    exchange.onClientGone(end);
    while (!waiting->over && !closed_ && static_cast<std::int64_t>(events_.size()) <= number)
        co_await changed_.wait();
    waiting->over = true;
    watchdog->disarm();
}

net::Task<void> EventQueue::wait(std::int64_t number, std::chrono::milliseconds limit) {
    const auto waiting = std::make_shared<Waiting>();
    const auto watchdog = std::make_shared<http::Watchdog>(executor_, [this, waiting] {
        if (std::exchange(waiting->over, true)) return;
        changed_.notify();
    });
    watchdog->arm(limit);
    while (!waiting->over && !closed_ && static_cast<std::int64_t>(events_.size()) <= number)
        co_await changed_.wait();
    waiting->over = true;
    watchdog->disarm();
}

void EventQueue::close() {
    closed_ = true;
    changed_.notify();
}

}  // namespace pcg::controlplane
