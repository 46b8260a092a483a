// SPDX-License-Identifier: Apache-2.0
#include "common/tunnel/acceptor.h"

#include "common/http/errc.h"
#include "common/log/log.h"
#include "common/tunnel/convert.h"
#include "common/tunnel/errc.h"
#include "common/tunnel/port.h"
#include "common/wire/subjects.h"

#include <exception>
#include <utility>

namespace pcg::tunnel {
namespace {

constexpr log::Logger kLog{"tunnel"};
constexpr std::uint64_t kOnlyRoute = 0;
constexpr auto kStopPoll = std::chrono::milliseconds(10);

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

class Acceptor::TunnelExchange final : public http::Exchange {
  public:
    TunnelExchange(std::shared_ptr<Port> port,
                   stream::Handle handle,
                   http::RequestHead head,
                   std::string peer)
        : port_(std::move(port)), handle_(handle), head_(std::move(head)), peer_(std::move(peer)) {
        port_->watch(handle_, [this] { noticeFailure(); });
        if (port_->isClosed())
            port_->mux().reset(
                handle_, wire::ResetCode::Cancelled, wire::Outcome::NotDispatched, "Stopping.");
    }

    ~TunnelExchange() override { port_->release(handle_); }

    const http::RequestHead& request() const override { return head_; }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        // Whoever asks for more has passed on what it got before.
        if (unconsumed_ > 0) {
            port_->mux().consumed(handle_, std::exchange(unconsumed_, 0));
            port_->schedulePump();
        }
        for (;;) {
            const auto count = port_->mux().read(handle_, buffer);
            if (count > 0) {
                unconsumed_ = count;
                co_return count;
            }
            const auto seen = port_->mux().view(handle_);
            if (seen.failure != nullptr) co_return fail(toError(*seen.failure));
            if (seen.ended) co_return std::size_t{0};
            co_await port_->changed(handle_);
        }
    }

    net::Task<Result<>> respond(http::ResponseHead head) override {
        if (hasResponded_) co_return fail(http::kMisuse, "This exchange was already answered.");
        promised_ = head.body;
        mayLackBody_ = head_.method == "HEAD" || head.status == 304;
        auto sent = port_->mux().respond(handle_, toWire(std::move(head)), now());
        hasResponded_ = sent.has_value();
        port_->schedulePump();
        co_return sent;
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        written_ += bytes.size();
        while (!bytes.empty()) {
            if (auto error = failure()) co_return fail(std::move(*error));
            const auto taken = port_->mux().write(handle_, bytes);
            bytes = bytes.subspan(taken);
            if (taken > 0) port_->schedulePump();
            if (!bytes.empty()) co_await port_->changed(handle_);
        }
        co_return Result<>{};
    }

    net::Task<Result<>> finish() override {
        if (auto error = failure()) co_return fail(std::move(*error));
        if (promised_.kind == http::BodyFraming::Kind::Length && written_ != promised_.length &&
            !(mayLackBody_ && written_ == 0)) {
            const Error error(http::kBodyLengthMismatch,
                              "The answer has another length than its head says.");
            abort(error);
            co_return fail(error);
        }
        isFinished_ = true;
        port_->mux().finish(handle_, now());
        port_->schedulePump();
        co_return Result<>{};
    }

    void abort(const Error& why) override {
        port_->mux().reset(
            handle_, wire::ResetCode::UpstreamFailed, wire::Outcome::Unknown, why.message());
        isAborted_ = true;
        port_->schedulePump();
    }

    void onClientGone(std::function<void()> callback) override {
        onGone_ = std::move(callback);
        noticeFailure();
    }

    bool responded() const override { return hasResponded_; }

    std::string peer() const override { return peer_; }

    bool isOver() const {
        return isFinished_ || isAborted_ || port_->mux().view(handle_).failure != nullptr;
    }

  private:
    void noticeFailure() {
        if (isAborted_ || isFinished_ || port_->mux().view(handle_).failure == nullptr) return;
        if (const auto gone = std::exchange(onGone_, {})) gone();
    }

    std::optional<Error> failure() const {
        const auto seen = port_->mux().view(handle_);
        if (seen.failure != nullptr) return toError(*seen.failure);
        if (isFinished_) return Error(http::kMisuse, "This exchange is already complete.");
        return std::nullopt;
    }

    std::shared_ptr<Port> port_;
    stream::Handle handle_;
    http::RequestHead head_;
    std::string peer_;
    http::BodyFraming promised_;
    ByteCount written_ = 0;
    std::size_t unconsumed_ = 0;
    bool mayLackBody_ = false;
    bool hasResponded_ = false;
    bool isFinished_ = false;
    bool isAborted_ = false;
    std::function<void()> onGone_;
};

class Acceptor::Core : public std::enable_shared_from_this<Core> {
  public:
    Core(net::Loop& loop,
         bus::Bus& bus,
         const wire::UserNkey& self,
         const wire::InstanceId& instance,
         stream::WindowPool& pool,
         StreamHandler handler,
         stream::Limits limits)
        : loop_(loop),
          bus_(bus),
          subjects_(self),
          instance_(instance),
          handler_(std::move(handler)),
          port_(std::make_shared<Port>(loop, bus, instance, pool, limits)) {}

    Result<> start() {
        own_ = PCG_TRY(bus_.subscribe(subjects_.toGateway(instance_), {}, handlers()));
        open_ = PCG_TRY(
            bus_.subscribe(subjects_.open(), std::string(wire::kGatewayQueueGroup), handlers()));
        port_->start({.publish =
                          [this](const stream::Outgoing& outgoing) {
                              const auto ingress = instanceOf(outgoing.peer.instance);
                              return bus_.publish(subjects_.toIngress(ingress), outgoing.message);
                          },
                      .onAccepted =
                          [this](stream::Handle handle) {
                              ++running_;
                              net::asio::co_spawn(
                                  loop_, serve(shared_from_this(), handle), net::asio::detached);
                          }});
        return {};
    }

    net::Task<void> stop(std::chrono::milliseconds drain) {
        const auto self = shared_from_this();
        open_.reset();
        port_->mux().drain();
        net::Timer timer(loop_);
        for (const auto deadline = now() + drain; running_ > 0 && now() < deadline;) {
            timer.expires_after(kStopPoll);
            (void)co_await timer.async_wait(net::kAwaitTuple);
        }
        close();
        while (running_ > 0) {
            timer.expires_after(kStopPoll);
            (void)co_await timer.async_wait(net::kAwaitTuple);
        }
    }

    void retire() {
        if (open_) open_->drain();
    }

    void close() {
        open_.reset();
        port_->close();
        own_.reset();
    }

    std::size_t running() const { return running_; }

  private:
    bus::SubscriptionHandlers handlers() {
        bus::SubscriptionHandlers handlers;
        handlers.onMessage = [weak = std::weak_ptr<Port>(port_)](const bus::Message& message) {
            if (const auto port = weak.lock()) port->onMessage(kOnlyRoute, message.payload);
        };
        return handlers;
    }

    static net::Task<void> serve(std::shared_ptr<Core> self, stream::Handle handle) {
        auto head = self->port_->mux().takeRequest(handle);
        const StreamInfo info{head.endpoint, head.requestId, head.surface};
        {
            TunnelExchange exchange(self->port_, handle, toHttp(std::move(head)), "ingress");
            try {
                co_await self->handler_(exchange, info);
            } catch (const std::exception& error) {
                kLog.error("tunnel.handler_failed",
                           {{"request_id", info.requestId.text()}, {"message", error.what()}});
            }
            if (!exchange.responded() && !exchange.isOver()) co_await answerInternalError(exchange);
            if (!exchange.isOver())
                exchange.abort(Error(kUpstream, "The gateway broke off while it answered."));
        }
        --self->running_;
    }

    static net::Task<void> answerInternalError(http::Exchange& exchange) {
        http::ResponseHead head;
        head.status = 500;
        head.body = http::BodyFraming::ofLength(0);
        const auto sent = co_await exchange.respond(std::move(head));
        if (sent) (void)co_await exchange.finish();
    }

    net::Loop& loop_;
    bus::Bus& bus_;
    wire::GatewaySubjects subjects_;
    wire::InstanceId instance_;
    StreamHandler handler_;
    std::shared_ptr<Port> port_;
    std::unique_ptr<bus::Subscription> own_;
    std::unique_ptr<bus::Subscription> open_;
    std::size_t running_ = 0;
};

Acceptor::Acceptor(net::Loop& loop,
                   bus::Bus& bus,
                   const wire::UserNkey& self,
                   const wire::InstanceId& instance,
                   stream::WindowPool& pool,
                   StreamHandler handler,
                   stream::Limits limits)
    : core_(std::make_shared<Core>(loop, bus, self, instance, pool, std::move(handler), limits)) {}

Acceptor::~Acceptor() { core_->close(); }

Result<> Acceptor::start() { return core_->start(); }

void Acceptor::retire() { core_->retire(); }

net::Task<void> Acceptor::stop(std::chrono::milliseconds drain) { return core_->stop(drain); }

std::size_t Acceptor::running() const { return core_->running(); }

}  // namespace pcg::tunnel
