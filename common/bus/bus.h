// SPDX-License-Identifier: Apache-2.0
// The message bus as the rest of the program sees it: subjects, octets, at-most-once, no library
// type.
//
// All calls and all callbacks on the loop thread; nothing here blocks. Nothing is queued while the
// link is down: publish fails at once, so that no stale request is ever replayed after a reconnect.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/net/asio.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace pcg::bus {

struct Message {
    std::string subject;
    std::string replyTo;
    BytesView payload;  // valid during the callback only
};

struct SubscriptionHandlers {
    std::function<void(const Message&)> onMessage;
    // The broker said that nobody listens on the subject of a request whose reply subject is this
    // one.
    std::function<void()> onNoResponders;
};

// Destroying it unsubscribes. It may outlive the bus.
class Subscription {
  public:
    virtual ~Subscription() = default;

    // Asks the broker for no more, and goes on delivering what it has sent already. Not undone by a
    // reconnect.
    virtual void drain() = 0;
};

enum class LinkState { Down, Connecting, Up, Closed };

class Bus {
  public:
    virtual ~Bus() = default;

    // Fails with bus.down while the link is not up, bus.congested when the send buffer is over its
    // cap.
    virtual Result<> publish(std::string_view subject,
                             BytesView payload,
                             std::string_view replyTo = {}) = 0;

    // Survives reconnects. `queueGroup` empty = every subscriber gets every message.
    virtual Result<std::unique_ptr<Subscription>> subscribe(std::string subject,
                                                            std::string queueGroup,
                                                            SubscriptionHandlers handlers) = 0;

    // One request, one reply, own inbox. For control traffic; streams do not use it.
    virtual net::Task<Result<Bytes>> request(std::string subject,
                                             Bytes payload,
                                             std::chrono::milliseconds timeout) = 0;

    virtual LinkState state() const = 0;

    // Grows by one with each (re)connection; 0 before the first. Frames of an older epoch may be
    // lost.
    virtual std::uint64_t epoch() const = 0;

    // Bytes accepted but not yet on the wire. Producers of bulk data hold back above the cap until
    // onWritable.
    virtual std::size_t bufferedBytes() const = 0;

    struct Observer {
        std::function<void(LinkState, const std::string& why)> onState;
        std::function<void()> onWritable;
    };

    virtual void observe(Observer observer) = 0;  // several may be added; called in order
};

}  // namespace pcg::bus
