// SPDX-License-Identifier: Apache-2.0
// Events for one side of a pairing, fetched by long polls: numbered from 1, kept until the queue
// goes, at most kMaxEvents of a run. Loop thread.
#pragma once

#include "common/http/exchange.h"
#include "common/http/signal.h"
#include "pairing/relay_messages.h"

#include <vector>

namespace pcg::controlplane {

class EventQueue {
  public:
    explicit EventQueue(net::Executor executor) : executor_(executor), changed_(executor) {}

    // False when the queue is full: a run has a handful of messages, more is somebody's game.
    bool push(pairing::Envelope envelope);

    // What came after number `after`, at most kMaxEvents.
    pairing::EventList after(std::int64_t number) const;

    // Returns at once if there is something after `number`, if the queue is closed or the client
    // goes away; else after `limit`.
    net::Task<void> wait(std::int64_t number,
                         std::chrono::milliseconds limit,
                         http::Exchange& exchange);

    // The same for somebody in this process, who cannot go away.
    net::Task<void> wait(std::int64_t number, std::chrono::milliseconds limit);

    // Wakes who waits; nothing more will come.
    void close();

    bool closed() const { return closed_; }

  private:
    static constexpr std::size_t kMaxKept = 64;

    net::Executor executor_;
    http::Signal changed_;
    std::vector<pairing::Event> events_;
    bool closed_ = false;
};

}  // namespace pcg::controlplane
