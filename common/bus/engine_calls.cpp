// SPDX-License-Identifier: Apache-2.0
// What callers of the bus do: publish, subscribe, request, stop.
#include "common/bus/engine.h"
#include "common/bus/errc.h"
#include "common/bus/subject.h"
#include "common/net/deadline.h"

#include <algorithm>

namespace pcg::bus {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// onWritable is told when the buffer, having been above the first, is below the second.
constexpr std::size_t kHighWater = 64 * 1024;
constexpr std::size_t kLowWater = 32 * 1024;
constexpr milliseconds kDrainTick{5};

}  // namespace

Result<> NatsBus::Engine::publish(std::string_view subject,
                                  BytesView payload,
                                  std::string_view replyTo) {
    if (stopping_) return fail(kStopped, "the bus is being stopped");
    if (state_ != LinkState::Up || linkEnd_) return fail(kDown, "the link to the broker is down");
    if (!isPublishSubject(subject) || (!replyTo.empty() && !isPublishSubject(replyTo))) {
        return fail(kBadSubject, "\"" + std::string(subject) + "\" is not a subject to publish on");
    }
    const std::size_t before = link_->buffered();
    if (before >= options_.maxBuffered) {
        aboveLowWater_ = true;
        return fail(kCongested, "the link does not take more at present");
    }
    auto sent = link_->publish(subject, payload, replyTo);
    if (before + payload.size() > kHighWater) aboveLowWater_ = true;
    return sent;
}

void NatsBus::Engine::onWritten() {
    if (!aboveLowWater_ || !link_ || link_->buffered() > kLowWater) return;
    aboveLowWater_ = false;
    for (std::size_t i = 0; i < observers_.size(); ++i) {
        if (const auto onWritable = observers_[i].onWritable) onWritable();
    }
}

std::size_t NatsBus::Engine::bufferedBytes() const {
    return state_ == LinkState::Up && link_ ? link_->buffered() : 0;
}

namespace {

class HeldSubscription final : public Subscription {
  public:
    HeldSubscription(std::function<void()> cancel, std::function<void()> drain)
        : cancel_(std::move(cancel)), drain_(std::move(drain)) {}

    ~HeldSubscription() override { cancel_(); }

    void drain() override { drain_(); }

  private:
    std::function<void()> cancel_;
    std::function<void()> drain_;
};

}  // namespace

Result<std::unique_ptr<Subscription>> NatsBus::Engine::subscribe(std::string subject,
                                                                 std::string queueGroup,
                                                                 SubscriptionHandlers handlers) {
    if (!isSubscribeSubject(subject) || (!queueGroup.empty() && !isPublishSubject(queueGroup))) {
        return fail(kBadSubject, "\"" + subject + "\" is not a subject to subscribe to");
    }
    if (stopping_) return fail(kStopped, "the bus is being stopped");
    auto registration = std::make_shared<Registration>();
    registration->subject = std::move(subject);
    registration->queueGroup = std::move(queueGroup);
    registration->handlers = std::move(handlers);
    if (state_ == LinkState::Up && !linkEnd_) PCG_TRY(link_->subscribe(registration));
    registrations_.push_back(registration);
    return std::make_unique<HeldSubscription>(
        [weak = weak_from_this(), registration] {
            if (const auto self = weak.lock()) self->cancel(registration);
            registration->cancelled = true;
        },
        [weak = weak_from_this(), registration] {
            if (const auto self = weak.lock()) self->drain(registration);
        });
}

void NatsBus::Engine::cancel(const RegistrationPtr& registration) {
    registration->cancelled = true;
    if (link_) link_->unsubscribe(*registration);
    std::erase(registrations_, registration);
}

void NatsBus::Engine::drain(const RegistrationPtr& registration) {
    if (std::exchange(registration->draining, true)) return;
    if (link_) link_->drainSubscription(*registration);
    std::erase(registrations_, registration);
}

net::Task<Result<Bytes>> NatsBus::Engine::request(std::string subject,
                                                  Bytes payload,
                                                  milliseconds timeout) {
    struct Answer {
        explicit Answer(net::Executor executor) : done(executor) {}

        void set(Result<Bytes> value) {
            if (!result) result.emplace(std::move(value));
            done.cancel();
        }

        net::Timer done;
        std::optional<Result<Bytes>> result;
    };

    const auto self = shared_from_this();
    const auto answer = std::make_shared<Answer>(executor_);
    answer->done.expires_after(timeout);
    SubscriptionHandlers handlers;
    handlers.onMessage = [answer](const Message& message) {
        answer->set(toBytes(message.payload));
    };
    handlers.onNoResponders = [answer, subject] {
        answer->set(fail(kNoResponders, "nobody listens on " + subject));
    };
    const std::string inbox = options_.inboxPrefix + ".r" + std::to_string(random_.next());
    PCG_CO_TRY(const auto subscription, subscribe(inbox, {}, std::move(handlers)));
    PCG_CO_CHECK(publish(subject, payload, inbox));
    const std::uint64_t epoch = epoch_;
    const auto deadline = SteadyClock::now() + timeout;
    while (!answer->result && SteadyClock::now() < deadline) {
        // Wakes up in between to fail at once when the link went down: the answer cannot come any
        // more.
        answer->done.expires_at(std::min(deadline, SteadyClock::now() + milliseconds(100)));
        co_await answer->done.async_wait(net::kAwaitTuple);
        if (answer->result) break;
        if (stopping_)
            co_return fail(kStopped, "the bus was stopped before " + subject + " was answered");
        if (state_ != LinkState::Up || epoch != epoch_) {
            co_return fail(kDown, "the link went down before " + subject + " was answered");
        }
    }
    if (!answer->result) {
        co_return fail(
            kTimeout,
            subject + " was not answered within " + std::to_string(timeout.count()) + " ms");
    }
    co_return std::move(*answer->result);
}

net::Task<void> NatsBus::Engine::stop(milliseconds drainLimit) {
    const auto self = shared_from_this();
    if (!started_) finished_ = true;
    stopping_ = true;
    const auto end = SteadyClock::now() + drainLimit;
    // First what cnats holds, then, by a half-close, what is between cnats and the kernel.
    while (state_ == LinkState::Up && !linkEnd_ && bufferedBytes() > 0 &&
           SteadyClock::now() < end) {
        co_await net::sleepFor(kDrainTick);
    }
    if (state_ == LinkState::Up && link_) link_->shutdownSend();
    while (state_ == LinkState::Up && !linkEnd_ && !bridgeEnd_ && SteadyClock::now() < end) {
        co_await net::sleepFor(kDrainTick);
    }
    abandon();
    while (!finished_) co_await net::sleepFor(kDrainTick);
}

void NatsBus::Engine::abandon() {
    stopping_ = true;
    endLink(Error(kStopped, "stopped"));
    tearDown();
    // On the loop and while run() lives: Asio 1.81 forwards the signal by reference, later if it
    // comes from outside of the loop.
    net::asio::post(executor_, [self = shared_from_this()] {
        if (self->started_ && !self->finished_)
            self->cancel_->emit(net::asio::cancellation_type::terminal);
    });
}

void NatsBus::Engine::forgetObservers() { observers_.clear(); }

void NatsBus::Engine::reconnectNow(const std::string& why) {
    hurry_ = true;
    if (state_ == LinkState::Up) {
        endLink(Error(kDown, why));
    } else {
        wake_.cancel();
    }
}

LinkStatus NatsBus::Engine::status() const {
    LinkStatus status = status_;
    status.state = state_;
    if (state_ == LinkState::Down) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(nextAttempt_ - SteadyClock::now());
        status.nextAttemptIn = std::max(milliseconds(0), left);
    }
    return status;
}

}  // namespace pcg::bus
