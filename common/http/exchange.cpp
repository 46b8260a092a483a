// SPDX-License-Identifier: Apache-2.0
#include "common/http/exchange.h"

#include "common/http/errc.h"

#include <algorithm>
#include <chrono>

namespace pcg::http {

namespace {

constexpr std::chrono::seconds kWholeBody{120};

Error tooLarge(ByteCount limit) {
    return {kBodyTooLarge,
            "the request body is larger than the " + std::to_string(limit) +
                " octets that are accepted here; send less"};
}

}  // namespace

net::Task<Result<Bytes>> readWholeBody(Exchange& exchange, ByteCount limit) {
    const auto framing = exchange.request().body;
    if (framing.kind == BodyFraming::Kind::Length && framing.length > limit)
        co_return fail(tooLarge(limit));
    Bytes body;
    if (framing.kind == BodyFraming::Kind::Length)
        body.reserve(static_cast<std::size_t>(framing.length));
    Bytes piece(static_cast<std::size_t>(std::min<ByteCount>(limit + 1, 16_KiB)));
    // An octet now and then keeps a connection alive, but this body is waited for by somebody.
    const auto until = std::chrono::steady_clock::now() + kWholeBody;
    for (;;) {
        if (std::chrono::steady_clock::now() > until) {
            co_return fail(kTimeout,
                           "the body did not come within " + std::to_string(kWholeBody.count()) +
                               " s; send it faster");
        }
        const MutableBytes into(piece);
        PCG_CO_TRY(const std::size_t count, co_await exchange.readBody(into));
        if (count == 0) co_return body;
        if (body.size() + count > limit) co_return fail(tooLarge(limit));
        append(body, BytesView(piece).first(count));
    }
}

net::Task<Result<>> respondWhole(Exchange& exchange, ResponseHead head, BytesView body) {
    const bool bodiless = head.status == 204 || head.status == 304;
    head.body = bodiless ? BodyFraming::none() : BodyFraming::ofLength(body.size());
    PCG_CO_CHECK(co_await exchange.respond(std::move(head)));
    if (!bodiless && !body.empty()) PCG_CO_CHECK(co_await exchange.writeBody(body));
    co_return co_await exchange.finish();
}

}  // namespace pcg::http
