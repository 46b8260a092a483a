// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/ingress/forward.h"

#include "common/base/clock.h"
#include "common/http/stream_request.h"
#include "common/wire/limits.h"
#include "controlplane-sim/ingress/failure.h"

#include <optional>
#include <utility>

namespace pcg::controlplane {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

// So much of a request's body is still read when its answer came before its end; then the
// connection closes.
constexpr ByteCount kDiscardBytes = 1_MiB;

// What ends at this hop, but for one field: of a CONNECT, because the gateway is the proxy that is
// asked and that asks who it is; of a request for a WebSocket what it asks for.
void removeHopByHop(const http::RequestHead& request,
                    http::HeaderList& headers,
                    std::string butFor) {
    if (request.method != "CONNECT") butFor = "Upgrade";
    std::optional<std::string> kept;
    if (http::mayBecomeStream(request) && headers.count(butFor) == 1) kept = *headers.find(butFor);
    http::removeHopByHop(headers);
    if (kept) headers.add(std::move(butFor), std::move(*kept));
}

// The upload beside the download. Lives in the coroutine of the exchange, which waits for it.
struct Upload {
    Upload(net::Loop& loop, http::Exchange& from, http::Call& to)
        : exchange(from), call(to), done(loop, SteadyTime::max()) {}

    http::Exchange& exchange;
    http::Call& call;
    net::Timer done;  // cancelled when the upload is over
    bool isOver = false;
};

net::Task<void> carryBody(http::Exchange& exchange, http::Call& call) {
    Bytes buffer(kBufferBytes);
    ByteCount discarded = 0;
    bool isWanted = true;
    for (;;) {
        const auto count = co_await exchange.readBody(buffer);
        if (!count) {
            call.cancel();
            co_return;
        }
        if (*count == 0) break;
        if (isWanted) {
            const auto bytes = BytesView(buffer).first(*count);
            const auto written = co_await call.writeBody(bytes);
            isWanted = written.has_value();
        }
        if (!isWanted) discarded += *count;
        if (discarded > kDiscardBytes) co_return;
    }
    if (isWanted) (void)co_await call.finishRequest();
}

net::Task<void> runUpload(Upload& upload) {
    co_await carryBody(upload.exchange, upload.call);
    upload.isOver = true;
    upload.done.cancel();
}

net::Task<void> carryAnswer(http::Exchange& exchange, http::Call& call) {
    auto head = co_await call.readHead();
    if (!head) {
        auto error = std::move(head.error());
        co_await answerFailure(exchange, std::move(error), call.outcome());
        co_return;
    }
    removeHopByHop(exchange.request(), head->headers, "Proxy-Authenticate");
    auto sent = co_await exchange.respond(std::move(*head));
    Bytes buffer(kBufferBytes);
    while (sent) {
        const auto count = co_await call.readBody(buffer);
        if (!count) {
            exchange.abort(count.error());
            co_return;
        }
        if (*count == 0) {
            sent = co_await exchange.finish();
            break;
        }
        const auto bytes = BytesView(buffer).first(*count);
        sent = co_await exchange.writeBody(bytes);
    }
    if (!sent) {
        call.cancel();
        exchange.abort(sent.error());
    }
}

// Small bodies travel with their request, so there is no answer to wait for meanwhile.
bool isSentWhole(const http::BodyFraming& body) {
    return body.kind == http::BodyFraming::Kind::None ||
           (body.kind == http::BodyFraming::Kind::Length && body.length <= wire::kSmallBodyBytes);
}

}  // namespace

net::Task<void> forward(net::Loop& loop,
                        http::Exchange& exchange,
                        std::shared_ptr<http::Caller> caller) {
    auto head = exchange.request();
    removeHopByHop(exchange.request(), head.headers, "Proxy-Authorization");
    const auto body = head.body;
    auto started = co_await caller->start(std::move(head));
    if (!started) {
        auto error = std::move(started.error());
        co_await answerFailure(exchange, std::move(error), http::Outcome::NotDispatched);
        co_return;
    }
    const auto call = std::shared_ptr<http::Call>(std::move(*started));
    exchange.onClientGone([weak = std::weak_ptr<http::Call>(call)] {
        if (const auto live = weak.lock()) live->cancel();
    });
    if (isSentWhole(body)) {
        if (body.kind == http::BodyFraming::Kind::None)
            (void)co_await call->finishRequest();
        else
            co_await carryBody(exchange, *call);
        co_await carryAnswer(exchange, *call);
        co_return;
    }
    Upload upload(loop, exchange, *call);
    net::asio::co_spawn(loop, runUpload(upload), net::asio::detached);
    co_await carryAnswer(exchange, *call);
    while (!upload.isOver) (void)co_await upload.done.async_wait(net::kAwaitTuple);
}

}  // namespace pcg::controlplane
