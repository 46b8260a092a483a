// SPDX-License-Identifier: Apache-2.0
#include "common/tunnel/connector.h"

#include "common/bus/errc.h"
#include "common/http/errc.h"
#include "common/tunnel/convert.h"
#include "common/tunnel/errc.h"
#include "common/tunnel/open_slots.h"
#include "common/tunnel/port.h"
#include "common/wire/subjects.h"

#include <map>
#include <utility>

namespace pcg::tunnel {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

// The streams in the port give back to the pool until the port is gone.
std::shared_ptr<Port> portWith(net::Loop& loop,
                               bus::Bus& bus,
                               const wire::InstanceId& instance,
                               std::shared_ptr<stream::WindowPool> pool,
                               stream::Limits limits) {
    auto port = std::make_unique<Port>(loop, bus, instance, *pool, limits);
    // At once: the deleter itself stays for as long as the bus has a weak reference to the port.
    auto end = [kept = std::move(pool)](Port* ended) mutable {
        delete ended;
        kept.reset();
    };
    return {port.release(), std::move(end)};
}

Error stopped() { return Error(http::kCancelled, "The program is stopping."); }

}  // namespace

class Connector::Core : public std::enable_shared_from_this<Core> {
  public:
    Core(net::Loop& loop,
         bus::Bus& bus,
         const wire::InstanceId& instance,
         std::shared_ptr<stream::WindowPool> pool,
         Random& random,
         stream::Limits limits)
        : bus_(bus),
          instance_(instance),
          random_(random),
          port_(portWith(loop, bus, instance, std::move(pool), limits)),
          slots_(std::make_unique<OpenSlots>(bus, instance, [this](std::uint64_t tag) {
              port_->mux().notDispatched(tag, "The gateway is not connected.");
              port_->schedulePump();
          })) {}

    Result<> start() {
        bus::SubscriptionHandlers handlers;
        handlers.onMessage = [weak = weak_from_this()](const bus::Message& message) {
            if (const auto core = weak.lock()) core->onMessage(message);
        };
        subscription_ =
            PCG_TRY(bus_.subscribe(wire::anyToIngress(instance_), {}, std::move(handlers)));
        port_->start(
            {.publish = [this](const stream::Outgoing& outgoing) { return publish(outgoing); },
             .onAccepted = {}});
        return {};
    }

    void close() {
        port_->close();
        subscription_.reset();
        slots_.reset();
    }

    Result<std::unique_ptr<http::Call>> open(const Target& target,
                                             wire::RequestId requestId,
                                             http::RequestHead head);

    std::uint64_t routeOf(const wire::UserNkey& gateway) {
        const auto [found, isNew] = routes_.try_emplace(gateway.text(), routes_.size() + 1);
        if (isNew) gateways_.emplace_back(gateway);
        return found->second;
    }

    void holdSlot(stream::Handle handle, OpenSlots::Index slot) { slotOf_.emplace(handle, slot); }

    void releaseSlot(stream::Handle handle, OpenSlots::Index slot, bool isSettled) {
        slotOf_.erase(handle);
        freeSlot(slot, isSettled);
    }

    void freeSlot(OpenSlots::Index slot, bool isSettled) {
        if (slots_) slots_->free(slot, isSettled, now());
    }

    Port& port() { return *port_; }

    Random& random() { return random_; }

    bool isClosed() const { return port_->isClosed(); }

  private:
    // Only gateways that were called can have something to say to us.
    void onMessage(const bus::Message& message) {
        const auto subject = wire::parseSubject(message.subject);
        if (!subject || subject->kind != wire::SubjectKind::ToIngress) return;
        const auto route = routes_.find(subject->nkey.text());
        if (route != routes_.end()) port_->onMessage(route->second, message.payload);
    }

    Result<> publish(const stream::Outgoing& outgoing) {
        const auto& gateway = gateways_[outgoing.peer.route - 1];
        if (outgoing.open == 0)
            return bus_.publish(gateway.toGateway(instanceOf(outgoing.peer.instance)),
                                outgoing.message);
        const auto slot = slotOf_.find(outgoing.open);
        if (slot == slotOf_.end())
            return fail(kOffline, "The request was given up before it was sent.");
        slots_->tag(slot->second, outgoing.open);
        return bus_.publish(gateway.open(), outgoing.message, slots_->subject(slot->second));
    }

    bus::Bus& bus_;
    wire::InstanceId instance_;
    Random& random_;
    std::shared_ptr<Port> port_;
    std::unique_ptr<OpenSlots> slots_;
    std::unique_ptr<bus::Subscription> subscription_;
    std::map<std::string, std::uint64_t, std::less<>> routes_;
    std::vector<wire::GatewaySubjects> gateways_;  // by route - 1
    std::unordered_map<stream::Handle, OpenSlots::Index> slotOf_;
};

class Connector::TunnelCall final : public http::Call {
  public:
    TunnelCall(std::shared_ptr<Core> core, stream::Handle handle, OpenSlots::Index slot)
        : core_(std::move(core)), handle_(handle), slot_(slot) {
        core_->holdSlot(handle, slot);
        core_->port().watch(handle, [this] { settleSlot(); });
    }

    ~TunnelCall() override {
        settleSlot();
        if (slot_) releaseSlot(!view().dispatched);
        core_->port().release(handle_);
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        while (!bytes.empty()) {
            if (auto error = failure()) co_return fail(std::move(*error));
            const auto taken = core_->port().mux().write(handle_, bytes);
            bytes = bytes.subspan(taken);
            if (taken > 0) core_->port().schedulePump();
            if (!bytes.empty()) co_await core_->port().changed(handle_);
        }
        co_return Result<>{};
    }

    net::Task<Result<>> finishRequest() override {
        if (auto error = failure()) co_return fail(std::move(*error));
        core_->port().mux().finish(handle_, now());
        core_->port().schedulePump();
        co_return Result<>{};
    }

    net::Task<Result<http::ResponseHead>> readHead() override {
        for (;;) {
            const auto seen = view();
            if (seen.responseHead != nullptr && (seen.failure == nullptr || seen.ended))
                co_return toHttp(*seen.responseHead);
            if (auto error = failure()) co_return fail(std::move(*error));
            co_await core_->port().changed(handle_);
        }
    }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        // Whoever asks for more has passed on what it got before.
        if (unconsumed_ > 0) {
            core_->port().mux().consumed(handle_, std::exchange(unconsumed_, 0));
            core_->port().schedulePump();
        }
        for (;;) {
            const auto count = isCancelled_ ? 0 : core_->port().mux().read(handle_, buffer);
            if (count > 0) {
                unconsumed_ = count;
                co_return count;
            }
            const auto seen = view();
            if (!isCancelled_ && seen.ended && seen.readable == 0) co_return std::size_t{0};
            if (auto error = failure()) co_return fail(std::move(*error));
            co_await core_->port().changed(handle_);
        }
    }

    void cancel() override {
        isCancelled_ = true;
        core_->port().mux().reset(
            handle_, wire::ResetCode::Cancelled, wire::Outcome::Unknown, "The client went away.");
        core_->port().schedulePump();
    }

    http::Outcome outcome() const override {
        const auto seen = view();
        if (seen.failure != nullptr) return toHttp(seen.failure->outcome);
        if (seen.ended) return http::Outcome::Complete;
        return seen.dispatched ? http::Outcome::Unknown : http::Outcome::NotDispatched;
    }

  private:
    stream::View view() const { return core_->port().mux().view(handle_); }

    std::optional<Error> failure() const {
        const auto seen = view();
        if (seen.failure != nullptr) return toError(*seen.failure);
        if (isCancelled_) return Error(http::kCancelled, "The call was cancelled.");
        if (core_->isClosed()) return stopped();
        return std::nullopt;
    }

    // An answer of any kind, or the certainty that there is none, makes the slot usable again.
    void settleSlot() {
        if (!slot_) return;
        const auto seen = view();
        const bool isNowhere =
            seen.failure != nullptr && seen.failure->outcome == wire::Outcome::NotDispatched;
        if (seen.accepted || isNowhere) releaseSlot(true);
    }

    void releaseSlot(bool isSettled) {
        core_->releaseSlot(handle_, *slot_, isSettled);
        slot_.reset();
    }

    std::shared_ptr<Core> core_;
    stream::Handle handle_;
    std::optional<OpenSlots::Index> slot_;
    std::size_t unconsumed_ = 0;
    bool isCancelled_ = false;
};

Result<std::unique_ptr<http::Call>> Connector::Core::open(const Target& target,
                                                          wire::RequestId requestId,
                                                          http::RequestHead head) {
    if (isClosed()) return fail(stopped());
    wire::RequestHead wireHead;
    wireHead.endpoint = target.endpoint;
    wireHead.requestId = std::move(requestId);
    wireHead.ttl = target.ttl;
    // The gateway has another policy for what it cannot look into.
    wireHead.surface = head.method == "CONNECT" ? wire::Surface::Opaque : target.surface;
    toWire(std::move(head), wireHead);
    const auto slot = PCG_TRY(slots_->take(now()));
    auto handle = port_->mux().open(routeOf(target.gateway), std::move(wireHead), now());
    if (!handle) {
        freeSlot(slot, true);
        return fail(std::move(handle.error()));
    }
    port_->schedulePump();
    return std::make_unique<TunnelCall>(shared_from_this(), *handle, slot);
}

class Connector::TargetCaller final : public http::Caller {
  public:
    TargetCaller(std::shared_ptr<Core> core, Target target)
        : core_(std::move(core)), target_(std::move(target)) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override {
        co_return core_->open(
            target_, wire::newId<wire::RequestId>(core_->random()), std::move(head));
    }

  private:
    std::shared_ptr<Core> core_;
    Target target_;
};

Connector::Connector(net::Loop& loop,
                     bus::Bus& bus,
                     const wire::InstanceId& instance,
                     std::shared_ptr<stream::WindowPool> pool,
                     Random& random,
                     stream::Limits limits)
    : core_(std::make_shared<Core>(loop, bus, instance, std::move(pool), random, limits)) {}

Connector::Connector(net::Loop& loop,
                     bus::Bus& bus,
                     const wire::InstanceId& instance,
                     stream::WindowPool& pool,
                     Random& random,
                     stream::Limits limits)
    : Connector(loop,
                bus,
                instance,
                std::shared_ptr<stream::WindowPool>(std::shared_ptr<void>(), &pool),
                random,
                limits) {}

Connector::~Connector() { core_->close(); }

Result<> Connector::start() { return core_->start(); }

net::Task<Result<std::unique_ptr<http::Call>>> Connector::open(Target target,
                                                               wire::RequestId requestId,
                                                               http::RequestHead head) {
    co_return core_->open(target, std::move(requestId), std::move(head));
}

std::unique_ptr<http::Caller> Connector::caller(Target target) {
    return std::make_unique<TargetCaller>(core_, std::move(target));
}

void Connector::gatewayRestarted(const wire::UserNkey& gateway,
                                 const wire::InstanceId& oldInstance) {
    core_->port().mux().peerGone({core_->routeOf(gateway), instanceNumber(oldInstance)});
    core_->port().schedulePump();
}

std::size_t Connector::openStreams() const { return core_->port().mux().liveStreams(); }

}  // namespace pcg::tunnel
