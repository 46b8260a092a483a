// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/events_api.h"

namespace pcg::controlplane::rest {
namespace {

constexpr std::chrono::seconds kRetryAfter{10};
constexpr std::string_view kAlive = ": alive\n\n";

net::Task<Result<>> send(http::Exchange& exchange, std::string text) {
    const auto octets = asBytes(text);
    co_return co_await exchange.writeBody(octets);
}

}  // namespace

void EventsApi::addTo(ApiRoutes& routes) {
    routes.addStream({"GET", "/api/v1/events", Who::Auditor}, this, &EventsApi::stream);
}

net::Task<Checked<>> EventsApi::stream(Call& call) {
    auto listening = hub_.listen(call.scope().tenant());
    if (!listening) {
        co_return refuseFlood(
            listening.error().code().name(), listening.error().message(), kRetryAfter);
    }
    const auto listener = std::move(*listening);
    auto& exchange = call.exchange();
    exchange.onClientGone([weak = std::weak_ptr<EventHub::Listener>(listener)] {
        if (const auto live = weak.lock()) live->close();
    });
    http::ResponseHead head;
    head.headers.add("Content-Type", "text/event-stream");
    head.headers.add("Cache-Control", "no-store");
    head.body = http::BodyFraming::chunked();
    PCG_CO_CHECK(co_await exchange.respond(std::move(head)));
    PCG_CO_CHECK(co_await send(exchange, std::string(kAlive)));
    auto heartbeat = std::chrono::steady_clock::now() + kHeartbeat;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            heartbeat - std::chrono::steady_clock::now());
        const auto event = co_await listener->next(std::max(left, std::chrono::milliseconds(0)));
        if (event) {
            PCG_CO_CHECK(co_await send(exchange, eventText(*event)));
            continue;
        }
        if (listener->isClosed()) break;
        if (std::chrono::steady_clock::now() < heartbeat) continue;
        PCG_CO_CHECK(co_await authenticator_.tenant(call.request()));
        PCG_CO_CHECK(co_await send(exchange, std::string(kAlive)));
        heartbeat = std::chrono::steady_clock::now() + kHeartbeat;
    }
    PCG_CO_CHECK(co_await exchange.finish());
    co_return Checked<>{};
}

}  // namespace pcg::controlplane::rest
