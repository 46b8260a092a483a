// SPDX-License-Identifier: Apache-2.0
#include "common/bus/nats_bus.h"

#include "common/bus/engine.h"

namespace pcg::bus {

std::string_view transportName(Transport transport) {
    switch (transport) {
        case Transport::TlsFirst:
            return "tls-first";
        case Transport::WebSocket:
            return "websocket";
        default:
            return "nats";
    }
}

NatsBus::NatsBus(net::Loop& loop,
                 std::shared_ptr<net::Dialer> dialer,
                 NatsBusOptions options,
                 Random& random)
    : engine_(std::make_shared<Engine>(
          loop.get_executor(), std::move(dialer), std::move(options), random)) {}

NatsBus::~NatsBus() {
    engine_->forgetObservers();
    engine_->abandon();
}

void NatsBus::start() { engine_->start(); }

net::Task<void> NatsBus::stop(std::chrono::milliseconds drainLimit) {
    return engine_->stop(drainLimit);
}

void NatsBus::reconnectNow(const std::string& why) { engine_->reconnectNow(why); }

Result<> NatsBus::publish(std::string_view subject, BytesView payload, std::string_view replyTo) {
    return engine_->publish(subject, payload, replyTo);
}

Result<std::unique_ptr<Subscription>> NatsBus::subscribe(std::string subject,
                                                         std::string queueGroup,
                                                         SubscriptionHandlers handlers) {
    return engine_->subscribe(std::move(subject), std::move(queueGroup), std::move(handlers));
}

net::Task<Result<Bytes>> NatsBus::request(std::string subject,
                                          Bytes payload,
                                          std::chrono::milliseconds timeout) {
    return engine_->request(std::move(subject), std::move(payload), timeout);
}

LinkState NatsBus::state() const { return engine_->state(); }

std::uint64_t NatsBus::epoch() const { return engine_->epoch(); }

std::size_t NatsBus::bufferedBytes() const { return engine_->bufferedBytes(); }

void NatsBus::observe(Observer observer) { engine_->observe(std::move(observer)); }

LinkStatus NatsBus::status() const { return engine_->status(); }

}  // namespace pcg::bus
