// SPDX-License-Identifier: Apache-2.0
// A broker in memory, and clients of it that are real bus::Bus: wildcards, queue groups,
// no-responders, links that go down and up, congestion. Messages are delivered by post() on the
// loop, in order, never from within publish(). Loop thread only; the broker must outlive its
// clients, not their subscriptions.
#pragma once

#include "common/bus/bus.h"

#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace pcg::fakes {

class FakeBus;

class FakeBroker {
  public:
    explicit FakeBroker(net::Loop& loop);
    ~FakeBroker();

    // Sees each message that a client hands over, before it is routed; false = it is lost on the
    // way.
    using Filter = std::function<bool(const std::string& subject, BytesView payload)>;
    void setFilter(Filter filter);

    // Every message that reached the broker, for assertions.
    struct Seen {
        std::string subject;
        std::string replyTo;
        Bytes payload;
    };

    const std::vector<Seen>& seen() const;
    void forgetSeen();

  private:
    friend class FakeBus;
    struct State;
    std::shared_ptr<State> state_;
};

class FakeBus final : public bus::Bus {
  public:
    // Starts Up with epoch 1 unless told otherwise.
    explicit FakeBus(FakeBroker& broker, bool up = true);
    ~FakeBus() override;

    Result<> publish(std::string_view subject,
                     BytesView payload,
                     std::string_view replyTo = {}) override;
    Result<std::unique_ptr<bus::Subscription>> subscribe(
        std::string subject, std::string queueGroup, bus::SubscriptionHandlers handlers) override;
    net::Task<Result<Bytes>> request(std::string subject,
                                     Bytes payload,
                                     std::chrono::milliseconds timeout) override;
    bus::LinkState state() const override;
    std::uint64_t epoch() const override;
    std::size_t bufferedBytes() const override;
    void observe(Observer observer) override;

    // The link breaks: nothing is sent or received until linkUp(), what was under way to us is
    // lost.
    void linkDown(const std::string& why = "the test cut the link");
    void linkUp();

    // While stalled, publishes pile up in bufferedBytes() (kCongested over `cap`); resume sends
    // them and calls onWritable.
    void stall(std::size_t cap);
    void resume();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace pcg::fakes
