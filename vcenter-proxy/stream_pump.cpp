// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/stream_pump.h"

#include "common/http/errc.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

net::Task<Result<>> StreamCall::writeBody(BytesView bytes) {
    while (!bytes.empty()) {
        if (cancelled_) co_return fail(http::kCancelled, "the stream was cut");
        PCG_CO_TRY(const std::size_t count, co_await transport_->write(bytes));
        bytes = bytes.subspan(count);
    }
    co_return Result<>();
}

net::Task<Result<>> StreamCall::finishRequest() {
    if (cancelled_) co_return fail(http::kCancelled, "the stream was cut");
    co_await transport_->endWriting();
    co_return Result<>();
}

net::Task<Result<http::ResponseHead>> StreamCall::readHead() {
    co_return fail(http::kMisuse, "a stream has no head");
}

net::Task<Result<std::size_t>> StreamCall::readBody(MutableBytes buffer) {
    if (cancelled_) co_return fail(http::kCancelled, "the stream was cut");
    co_return co_await transport_->read(buffer);
}

void StreamCall::cancel() {
    if (std::exchange(cancelled_, true)) return;
    transport_->reset();
}

StreamPump::Limits StreamPump::limitsOf(const EndpointLimits& limits,
                                        const Principal& principal,
                                        const Clock& clock) {
    Limits made{limits.tunnel_idle, limits.tunnel_half_closed};
    if (principal.expires_at) made.until = now() + (*principal.expires_at - clock.wallNow());
    return made;
}

StreamPump::StreamPump(net::Executor executor, ClientSide& client, http::Call& call, Limits limits)
    : client_(client),
      call_(call),
      limits_(limits),
      timer_(executor),
      over_(executor, SteadyTime::max()),
      executor_(executor),
      heard_(now()) {}

net::Task<std::optional<Error>> StreamPump::run() {
    const auto self = shared_from_this();
    arm();
    net::asio::co_spawn(executor_, carryUp(self), net::asio::detached);
    const auto carried = co_await down();
    if (!carried) breakOff(carried.error());
    down_over_ = true;
    arm();
    while (!up_over_) co_await over_.async_wait(net::kAwaitTuple);
    timer_.cancel();
    co_return broken_;
}

net::Task<void> StreamPump::carryUp(std::shared_ptr<StreamPump> self) {
    const auto carried = co_await self->up();
    if (!carried) self->breakOff(carried.error());
    self->up_over_ = true;
    self->over_.cancel();
    if (!self->down_over_) self->arm();
}

net::Task<Result<>> StreamPump::up() {
    Bytes buffer(kBufferBytes);
    while (true) {
        PCG_CO_TRY(const std::size_t count, co_await client_.readBody(buffer));
        heard();
        if (count == 0) co_return co_await call_.finishRequest();
        const auto piece = BytesView(buffer).first(count);
        PCG_CO_CHECK(co_await call_.writeBody(piece));
    }
}

net::Task<Result<>> StreamPump::down() {
    Bytes buffer(kBufferBytes);
    while (true) {
        PCG_CO_TRY(const std::size_t count, co_await call_.readBody(buffer));
        heard();
        if (count == 0) co_return co_await client_.finish();
        const auto piece = BytesView(buffer).first(count);
        PCG_CO_CHECK(co_await client_.writeBody(piece));
    }
}

void StreamPump::breakOff(const Error& why) {
    if (broken_) return;
    broken_ = why;
    call_.cancel();
    client_.abort(why);
}

void StreamPump::heard() { heard_ = now(); }

std::chrono::milliseconds StreamPump::patience() const {
    return up_over_ || down_over_ ? std::min(limits_.half_closed, limits_.idle) : limits_.idle;
}

// One timer for all limits; octets only move what it finds when it looks.
void StreamPump::arm() {
    auto at = heard_ + patience();
    if (limits_.until) at = std::min(at, *limits_.until);
    timer_.expires_at(at);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (self && !error) self->look();
    });
}

void StreamPump::look() {
    if (up_over_ && down_over_) return;
    if (limits_.until && now() >= *limits_.until) {
        return breakOff(Error(errc::kTunnelIdle, "the access key has expired"));
    }
    if (now() - heard_ < patience()) return arm();
    breakOff(Error(errc::kTunnelIdle, "nobody sent anything through it for too long"));
}

}  // namespace pcg::proxy
