// SPDX-License-Identifier: Apache-2.0
// A stream::Mux on a bus::Bus: gives it messages, time and the state of the link, publishes what it
// has to say, and wakes the coroutines that wait for one of its streams. Internal to common/tunnel;
// Connector and Acceptor say which subjects are used.
//
// Back-pressure: bulk data waits in the streams (and so in the application) while the bus holds
// more than kBulkHold bytes, everything waits above kControlHold. Loop thread only. One timer, no
// thread.
#pragma once

#include "common/bus/bus.h"
#include "common/log/seldom.h"
#include "common/stream/mux.h"
#include "common/wire/ids.h"

#include <functional>
#include <memory>
#include <unordered_map>

namespace pcg::tunnel {

class Port : public std::enable_shared_from_this<Port> {
  public:
    struct Wiring {
        std::function<Result<>(const stream::Outgoing&)> publish;
        std::function<void(stream::Handle)> onAccepted;
    };

    // Bus and pool outlive the port, or close() comes first.
    Port(net::Loop& loop,
         bus::Bus& bus,
         const wire::InstanceId& instance,
         stream::WindowPool& pool,
         stream::Limits limits);

    void start(Wiring wiring);

    // Every stream fails; the bus is not touched any more.
    void close();

    bool isClosed() const { return isClosed_; }

    stream::Mux& mux() { return mux_; }

    void onMessage(std::uint64_t route, BytesView payload);

    // Sends soon: everything that one turn of the loop produces goes together.
    void schedulePump();

    // Until something changed with the stream. Check before waiting and again after.
    net::Task<void> changed(stream::Handle handle);

    // `onChange` runs on the loop, outside of the Mux; it may release the stream.
    void watch(stream::Handle handle, std::function<void()> onChange);

    // Ends the application's interest in the stream.
    void release(stream::Handle handle);

  private:
    struct Watch {
        explicit Watch(net::Loop& loop) : timer(loop, SteadyTime::max()) {}

        net::Timer timer;  // never expires: cancelled to wake whoever waits
        std::function<void()> onChange;
    };

    void complain(const Error& error);
    void pump();
    bool giveChanges();
    bool sendWhatMayGo();
    void onPublishFailed(const stream::Outgoing& outgoing, const Error& why);
    void onLinkState(bus::LinkState state);
    void armTimer();
    std::shared_ptr<Watch> watchOf(stream::Handle handle);

    net::Loop& loop_;
    bus::Bus& bus_;
    stream::Mux mux_;
    Wiring wiring_;
    std::unordered_map<stream::Handle, std::shared_ptr<Watch>> watches_;
    net::Timer timer_;
    log::Seldom complaints_;
    SteadyTime armedFor_ = SteadyTime::max();
    bool isPumpPosted_ = false;
    bool isClosed_ = false;
};

// 16 hex digits as the number that frames carry, and back.
std::uint64_t instanceNumber(const wire::InstanceId& instance);
wire::InstanceId instanceOf(std::uint64_t number);

}  // namespace pcg::tunnel
