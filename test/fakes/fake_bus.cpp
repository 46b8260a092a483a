// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/fake_bus.h"

#include "common/bus/errc.h"
#include "common/bus/subject.h"

#include <algorithm>
#include <optional>

namespace pcg::fakes {
namespace {

struct Packet {
    std::string subject;
    std::string replyTo;
    Bytes payload;
};

struct Interest {
    std::string pattern;
    std::string queueGroup;
    bus::SubscriptionHandlers handlers;
    std::weak_ptr<void> owner;        // the FakeBus::State
    std::function<bool()> receiving;  // its link is up
    std::function<std::uint64_t()> epoch;
    bool cancelled = false;
    bool draining = false;
};

using InterestPtr = std::shared_ptr<Interest>;

bool isAlive(const InterestPtr& interest) {
    return !interest->cancelled && !interest->owner.expired() && interest->receiving();
}

class FakeSubscription final : public bus::Subscription {
  public:
    explicit FakeSubscription(InterestPtr interest) : interest_(std::move(interest)) {}

    ~FakeSubscription() override { interest_->cancelled = true; }

    void drain() override { interest_->draining = true; }

  private:
    InterestPtr interest_;
};

}  // namespace

struct FakeBroker::State : std::enable_shared_from_this<State> {
    explicit State(net::Loop& where) : loop(where) {}

    void route(Packet packet);
    void deliver(const InterestPtr& interest, const Packet& packet);

    std::vector<InterestPtr> receivers(const std::string& subject);

    net::Loop& loop;
    std::vector<InterestPtr> interests;
    std::map<std::string, std::size_t> turns;  // round robin of "pattern group"
    Filter filter;
    std::vector<Seen> seen;
    std::uint64_t inboxes = 0;
};

std::vector<InterestPtr> FakeBroker::State::receivers(const std::string& subject) {
    std::erase_if(interests,
                  [](const InterestPtr& i) { return i->cancelled || i->owner.expired(); });
    std::vector<InterestPtr> chosen;
    std::map<std::string, std::vector<InterestPtr>> groups;
    for (const auto& interest : interests) {
        if (interest->draining || !isAlive(interest) ||
            !bus::subjectMatches(interest->pattern, subject))
            continue;
        if (interest->queueGroup.empty()) {
            chosen.push_back(interest);
        } else {
            groups[interest->pattern + " " + interest->queueGroup].push_back(interest);
        }
    }
    for (auto& [name, members] : groups) chosen.push_back(members[turns[name]++ % members.size()]);
    return chosen;
}

void FakeBroker::State::deliver(const InterestPtr& interest, const Packet& packet) {
    const std::uint64_t epoch = interest->epoch();
    net::asio::post(loop, [interest, packet, epoch] {
        if (!isAlive(interest) || interest->epoch() != epoch) return;
        const auto onMessage = interest->handlers.onMessage;  // the handler may unsubscribe itself
        if (onMessage) onMessage(bus::Message{packet.subject, packet.replyTo, packet.payload});
    });
}

void FakeBroker::State::route(Packet packet) {
    seen.push_back({packet.subject, packet.replyTo, packet.payload});
    if (filter && !filter(packet.subject, packet.payload)) return;
    const auto chosen = receivers(packet.subject);
    for (const auto& interest : chosen) deliver(interest, packet);
    if (!chosen.empty() || packet.replyTo.empty()) return;
    for (const auto& interest : receivers(packet.replyTo)) {
        net::asio::post(loop, [interest] {
            const auto onNoResponders = interest->handlers.onNoResponders;
            if (isAlive(interest) && onNoResponders) onNoResponders();
        });
    }
}

FakeBroker::FakeBroker(net::Loop& loop) : state_(std::make_shared<State>(loop)) {}

FakeBroker::~FakeBroker() = default;

void FakeBroker::setFilter(Filter filter) { state_->filter = std::move(filter); }

const std::vector<FakeBroker::Seen>& FakeBroker::seen() const { return state_->seen; }

void FakeBroker::forgetSeen() { state_->seen.clear(); }

struct FakeBus::State {
    explicit State(std::shared_ptr<FakeBroker::State> with) : broker(std::move(with)) {}

    void tell(bus::LinkState now, const std::string& why) {
        link = now;
        for (std::size_t i = 0; i < observers.size(); ++i) {
            if (const auto onState = observers[i].onState) onState(now, why);
        }
    }

    std::shared_ptr<FakeBroker::State> broker;
    std::vector<Observer> observers;
    bus::LinkState link = bus::LinkState::Down;
    std::uint64_t epoch = 0;
    bool stalled = false;
    std::size_t cap = 0;
    std::size_t buffered = 0;
    std::deque<Packet> waiting;
};

FakeBus::FakeBus(FakeBroker& broker, bool up) : state_(std::make_shared<State>(broker.state_)) {
    if (up) linkUp();
}

FakeBus::~FakeBus() = default;

Result<> FakeBus::publish(std::string_view subject, BytesView payload, std::string_view replyTo) {
    if (state_->link != bus::LinkState::Up) return fail(bus::kDown, "the link is down");
    if (!bus::isPublishSubject(subject))
        return fail(bus::kBadSubject, "not a subject: " + std::string(subject));
    Packet packet{std::string(subject), std::string(replyTo), toBytes(payload)};
    if (!state_->stalled) {
        state_->broker->route(std::move(packet));
        return {};
    }
    if (state_->buffered + payload.size() > state_->cap)
        return fail(bus::kCongested, "the send buffer is full");
    state_->buffered += payload.size();
    state_->waiting.push_back(std::move(packet));
    return {};
}

Result<std::unique_ptr<bus::Subscription>> FakeBus::subscribe(std::string subject,
                                                              std::string queueGroup,
                                                              bus::SubscriptionHandlers handlers) {
    if (!bus::isSubscribeSubject(subject))
        return fail(bus::kBadSubject, "not a subject: " + subject);
    auto interest = std::make_shared<Interest>();
    interest->pattern = std::move(subject);
    interest->queueGroup = std::move(queueGroup);
    interest->handlers = std::move(handlers);
    interest->owner = state_;
    // The owner is checked to be alive before either of these is called.
    State* state = state_.get();
    interest->receiving = [state] { return state->link == bus::LinkState::Up; };
    interest->epoch = [state] { return state->epoch; };
    state_->broker->interests.push_back(interest);
    return std::make_unique<FakeSubscription>(std::move(interest));
}

net::Task<Result<Bytes>> FakeBus::request(std::string subject,
                                          Bytes payload,
                                          std::chrono::milliseconds timeout) {
    struct Answer {
        explicit Answer(net::Executor executor) : done(executor) {}

        net::Timer done;
        std::optional<Result<Bytes>> result;
    };

    const auto executor = co_await net::asio::this_coro::executor;
    const auto answer = std::make_shared<Answer>(executor);
    answer->done.expires_after(timeout);
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [answer](const bus::Message& message) {
        answer->result.emplace(toBytes(message.payload));
        answer->done.cancel();
    };
    handlers.onNoResponders = [answer] {
        answer->result.emplace(fail(bus::kNoResponders, "nobody listens"));
        answer->done.cancel();
    };
    const std::string inbox = "_INBOX_fake." + std::to_string(++state_->broker->inboxes);
    PCG_CO_TRY(const auto subscription, subscribe(inbox, {}, handlers));
    PCG_CO_CHECK(publish(subject, payload, inbox));
    co_await answer->done.async_wait(net::kAwaitTuple);
    if (!answer->result) co_return fail(bus::kTimeout, "no answer on " + subject);
    co_return std::move(*answer->result);
}

bus::LinkState FakeBus::state() const { return state_->link; }

std::uint64_t FakeBus::epoch() const { return state_->epoch; }

std::size_t FakeBus::bufferedBytes() const { return state_->buffered; }

void FakeBus::observe(Observer observer) { state_->observers.push_back(std::move(observer)); }

void FakeBus::linkDown(const std::string& why) {
    state_->waiting.clear();
    state_->buffered = 0;
    state_->tell(bus::LinkState::Down, why);
}

void FakeBus::linkUp() {
    ++state_->epoch;
    state_->tell(bus::LinkState::Up, {});
}

void FakeBus::stall(std::size_t cap) {
    state_->stalled = true;
    state_->cap = cap;
}

void FakeBus::resume() {
    state_->stalled = false;
    state_->buffered = 0;
    while (!state_->waiting.empty()) {
        Packet packet = std::move(state_->waiting.front());
        state_->waiting.pop_front();
        state_->broker->route(std::move(packet));
    }
    const auto state = state_;
    for (std::size_t i = 0; i < state->observers.size(); ++i) {
        if (const auto onWritable = state->observers[i].onWritable) onWritable();
    }
}

}  // namespace pcg::fakes
