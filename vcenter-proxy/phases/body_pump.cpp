// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/body_pump.h"

#include "vcenter-proxy/errc.h"

namespace pcg::proxy {

BodyPump::BodyPump(Parts parts)
    : parts_(std::move(parts)), finished_(parts_.executor), read_(parts_.already) {
    finished_.expires_at(net::Timer::time_point::max());
}

void BodyPump::start() {
    running_ = true;
    net::asio::co_spawn(parts_.executor, run(shared_from_this()), net::asio::detached);
}

net::Task<void> BodyPump::run(std::shared_ptr<BodyPump> self) {
    const auto pumped = co_await self->pump();
    // The endpoint must not take what came so far for the whole.
    if (self->client_error_) self->parts_.call.cancel();
    if (!pumped && !self->client_error_) co_await self->drain();
    self->buffer_ = {};
    self->running_ = false;
    self->finished_.cancel();
}

bool BodyPump::isLast() const {
    const auto& framing = parts_.client.request().body;
    return framing.kind == http::BodyFraming::Kind::Length && read_ == framing.length;
}

Result<> BodyPump::check(BytesView bytes) {
    if (parts_.envelope == nullptr) return {};
    if (!bytes.empty()) PCG_TRY(parts_.envelope->feed(bytes));
    // With a length the endpoint acts on the last byte, so the envelope is judged before it is
    // sent.
    if (bytes.empty() || isLast()) return parts_.envelope->finish();
    return {};
}

net::Task<Result<>> BodyPump::pump() {
    if (!parts_.prefix.empty()) {
        const Bytes prefix = std::exchange(parts_.prefix, {});
        PCG_CO_CHECK(co_await parts_.call.writeBody(prefix));
    }
    buffer_.resize(kBufferBytes);
    while (true) {
        const auto count = co_await parts_.client.readBody(buffer_);
        if (!count) {
            client_error_ = count.error();
            co_return fail(*client_error_);
        }
        read_ += *count;
        body_ended_ = *count == 0;
        if (abandoned_) co_return fail(errc::kOutcomeUnknown, "the body is not wanted any more");
        const bool over = body_ended_ || isLast();
        const auto piece = BytesView(buffer_).first(*count);
        const auto checked = check(piece);
        if (!checked) {
            client_error_ = checked.error();
            co_return fail(*client_error_);
        }
        if (!piece.empty()) PCG_CO_CHECK(co_await parts_.call.writeBody(piece));
        if (over) break;
    }
    body_ended_ = true;
    co_return co_await parts_.call.finishRequest();
}

net::Task<void> BodyPump::drain() {
    buffer_.resize(kBufferBytes);
    while (!cut_ && !body_ended_) {
        const auto count = co_await parts_.client.readBody(buffer_);
        if (!count || *count == 0) break;
    }
}

net::Task<void> BodyPump::join() {
    while (running_) co_await finished_.async_wait(net::kAwaitTuple);
}

net::Task<void> BodyPump::abandon() {
    if (!running_) co_return;
    abandoned_ = true;
    parts_.call.cancel();
    finished_.expires_after(kDrainLimit);
    co_await finished_.async_wait(net::kAwaitTuple);
    if (!running_) co_return;
    cut_ = true;
    const Error error(errc::kOutcomeUnknown, "the client went on sending after the answer");
    parts_.client.abort(error);
    finished_.expires_at(net::Timer::time_point::max());
    co_await join();
}

}  // namespace pcg::proxy
