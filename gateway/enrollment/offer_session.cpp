// SPDX-License-Identifier: Apache-2.0
#include "gateway/enrollment/offer_session.h"

namespace pcg::gateway {
namespace {

constexpr std::chrono::seconds kAfterFailure{2};

}  // namespace

net::Task<void> pollEvents(std::shared_ptr<OfferSession> session) {
    const auto executor = co_await net::asio::this_coro::executor;
    std::int64_t after = 0;
    while (!session->over) {
        auto answer =
            co_await session->client.events(session->reply.sid, session->reply.offerToken, after);
        if (session->over) co_return;
        if (!answer) {
            // Weather: the offer lives on at the other end until it expires there.
            net::Timer pause(executor, kAfterFailure);
            co_await pause.async_wait(net::kAwaitTuple);
            continue;
        }
        const auto* list = std::get_if<pairing::EventList>(&*answer);
        if (list == nullptr) {
            session->held = false;
            session->wake.cancel();
            co_return;
        }
        for (const auto& event : list->events) {
            after = std::max(after, event.number);
            session->enqueue(session->responder->receive(event.envelope));
        }
    }
}

}  // namespace pcg::gateway
