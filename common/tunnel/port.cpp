// SPDX-License-Identifier: Apache-2.0
#include "common/tunnel/port.h"

#include "common/bus/errc.h"
#include "common/log/log.h"

#include <charconv>

namespace pcg::tunnel {
namespace {

constexpr log::Logger kLog{"tunnel"};

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

std::uint64_t instanceNumber(const wire::InstanceId& instance) {
    std::uint64_t number = 0;
    const auto& text = instance.text();
    std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return number == 0 ? 1 : number;
}

wire::InstanceId instanceOf(std::uint64_t number) {
    Bytes octets;
    for (int shift = 56; shift >= 0; shift -= 8)
        octets.push_back(static_cast<std::uint8_t>(number >> shift));
    return wire::InstanceId::unchecked(toHex(octets));
}

Port::Port(net::Loop& loop,
           bus::Bus& bus,
           const wire::InstanceId& instance,
           stream::WindowPool& pool,
           stream::Limits limits)
    : loop_(loop), bus_(bus), mux_(instanceNumber(instance), limits, pool), timer_(loop) {}

void Port::start(Wiring wiring) {
    wiring_ = std::move(wiring);
    const auto weak = weak_from_this();
    bus::Bus::Observer observer;
    observer.onState = [weak](bus::LinkState state, const std::string&) {
        if (const auto port = weak.lock()) port->onLinkState(state);
    };
    observer.onWritable = [weak] {
        if (const auto port = weak.lock()) port->schedulePump();
    };
    bus_.observe(std::move(observer));
    onLinkState(bus_.state());
}

void Port::close() {
    if (isClosed_) return;
    const auto watches = watches_;  // a callback may release streams
    for (const auto& [handle, watch] : watches)
        mux_.reset(
            handle, wire::ResetCode::Cancelled, wire::Outcome::Unknown, "The program is stopping.");
    if (wiring_.publish) sendWhatMayGo();  // the peers need not wait for their silence limit
    isClosed_ = true;
    timer_.cancel();
    wiring_ = {};
    for (const auto& [handle, watch] : watches) {
        watch->timer.cancel();
        if (const auto onChange = watch->onChange) onChange();
    }
}

void Port::onLinkState(bus::LinkState state) {
    if (isClosed_) return;
    if (state == bus::LinkState::Up)
        mux_.linkUp(bus_.epoch(), now());
    else
        mux_.linkDown();
    schedulePump();
}

// What a gateway sends wrongly it can send wrongly at any rate.
void Port::complain(const Error& error) {
    if (const auto omitted = complaints_.pass(now()))
        kLog.failure(log::Level::Warn, "tunnel.message_refused", error, {{"omitted", *omitted}});
}

void Port::onMessage(std::uint64_t route, BytesView payload) {
    if (isClosed_) return;
    if (const auto taken = mux_.receive(route, payload, now()); !taken) complain(taken.error());
    schedulePump();
}

void Port::schedulePump() {
    if (isPumpPosted_ || isClosed_) return;
    isPumpPosted_ = true;
    net::asio::post(loop_, [weak = weak_from_this()] {
        if (const auto port = weak.lock()) port->pump();
    });
}

void Port::pump() {
    isPumpPosted_ = false;
    if (isClosed_) return;
    mux_.tick(now());
    bool isBusy = true;
    while (isBusy && !isClosed_) {
        isBusy = giveChanges();
        if (!isClosed_) isBusy = sendWhatMayGo() || isBusy;
    }
    if (!isClosed_) armTimer();
}

// New streams to the acceptor, changes to whoever waits for them.
bool Port::giveChanges() {
    bool any = false;
    while (const auto handle = mux_.nextAccepted()) {
        any = true;
        if (wiring_.onAccepted)
            wiring_.onAccepted(*handle);
        else
            mux_.release(*handle);
    }
    while (const auto handle = mux_.nextChanged()) {
        any = true;
        const auto found = watches_.find(*handle);
        if (found == watches_.end()) continue;
        const auto watch = found->second;  // the callback may release the stream
        watch->timer.cancel();
        if (const auto onChange = watch->onChange) onChange();
        if (isClosed_) return any;
    }
    return any;
}

bool Port::sendWhatMayGo() {
    bool any = false;
    for (;;) {
        const auto held = bus_.bufferedBytes();
        if (held >= wire::kControlHold) return any;
        const auto lane = held >= wire::kBulkHold ? stream::Lane::ControlOnly : stream::Lane::All;
        const auto outgoing = mux_.poll(now(), lane);
        if (!outgoing) return any;
        any = true;
        if (const auto sent = wiring_.publish(*outgoing); !sent)
            onPublishFailed(*outgoing, sent.error());
    }
}

// What was lost here is lost as on the way: offsets and SYNC bring it to light. Only an OPEN is
// certain.
void Port::onPublishFailed(const stream::Outgoing& outgoing, const Error& why) {
    if (outgoing.open != 0) mux_.notDispatched(outgoing.open, why.message());
    if (why.is(bus::kDown) || why.is(bus::kStopped)) mux_.linkDown();
    kLog.failure(log::Level::Warn, "tunnel.publish_failed", why);
}

void Port::armTimer() {
    const auto deadline = mux_.nextDeadline();
    if (deadline >= armedFor_) return;  // it fires early at worst
    armedFor_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto port = weak.lock();
        if (error || !port || port->isClosed_) return;
        port->armedFor_ = SteadyTime::max();
        port->pump();
    });
}

std::shared_ptr<Port::Watch> Port::watchOf(stream::Handle handle) {
    auto& watch = watches_[handle];
    if (!watch) watch = std::make_shared<Watch>(loop_);
    return watch;
}

net::Task<void> Port::changed(stream::Handle handle) {
    const auto self = shared_from_this();
    const auto watch = watchOf(handle);
    (void)co_await watch->timer.async_wait(net::kAwaitTuple);
}

void Port::watch(stream::Handle handle, std::function<void()> onChange) {
    watchOf(handle)->onChange = std::move(onChange);
}

void Port::release(stream::Handle handle) {
    if (const auto found = watches_.find(handle); found != watches_.end()) {
        found->second->timer.cancel();
        watches_.erase(found);
    }
    mux_.release(handle);
    schedulePump();
}

}  // namespace pcg::tunnel
