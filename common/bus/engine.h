// SPDX-License-Identifier: Apache-2.0
// The inside of NatsBus: a coroutine that makes one link after the other, and what survives them.
// Private to this folder. Loop thread only, except that connect and destroy jobs run on the helper
// thread.
#pragma once

#include "common/base/backoff.h"
#include "common/bus/broker_dial.h"
#include "common/bus/cnats_link.h"
#include "common/bus/helper_thread.h"
#include "common/bus/loopback_bridge.h"
#include "common/bus/nats_bus.h"
#include "common/bus/nats_info.h"

#include <vector>

namespace pcg::bus {

class NatsBus::Engine : public std::enable_shared_from_this<NatsBus::Engine> {
  public:
    Engine(net::Executor executor,
           std::shared_ptr<net::Dialer> dialer,
           NatsBusOptions options,
           Random& random);

    ~Engine();

    void start();
    net::Task<void> stop(std::chrono::milliseconds drainLimit);
    void abandon();          // cuts everything now; run() ends soon after
    void forgetObservers();  // the bus is being destroyed
    void reconnectNow(const std::string& why);

    Result<> publish(std::string_view subject, BytesView payload, std::string_view replyTo);
    Result<std::unique_ptr<Subscription>> subscribe(std::string subject,
                                                    std::string queueGroup,
                                                    SubscriptionHandlers handlers);
    net::Task<Result<Bytes>> request(std::string subject,
                                     Bytes payload,
                                     std::chrono::milliseconds timeout);
    void cancel(const RegistrationPtr& registration);
    void drain(const RegistrationPtr& registration);

    std::size_t bufferedBytes() const;
    LinkStatus status() const;

    LinkState state() const { return state_; }

    std::uint64_t epoch() const { return epoch_; }

    void observe(Observer observer) { observers_.push_back(std::move(observer)); }

  private:
    net::Task<void> run(std::shared_ptr<Engine> self);
    net::Task<Error> oneLink();
    net::Target target() const;
    DialPlan plan() const;
    std::optional<OtherWay> otherWay() const;
    net::Task<Result<>> connectLink(int redials = 3);
    Result<CnatsLogin> makeLogin(const ServerInfo& info);
    net::Task<Result<>> attach(Arrival arrival);
    net::Task<Result<>> superviseUntilLost();
    void goUp();
    void endLink(Error why);
    void onWritten();
    void tearDown();
    void setState(LinkState state, const std::string& why);
    net::Task<void> waitBeforeNext();

    net::Executor executor_;
    std::shared_ptr<net::Dialer> dialer_;
    NatsBusOptions options_;
    Random& random_;
    std::shared_ptr<net::asio::cancellation_signal> cancel_;  // of run() and what it waits for
    Backoff backoff_;
    HelperThread helper_;

    std::vector<Observer> observers_;
    std::vector<RegistrationPtr> registrations_;
    LinkState state_ = LinkState::Down;
    LinkStatus status_;
    std::uint64_t epoch_ = 0;
    std::size_t turn_ = 0;  // which of the brokers is dialed
    Transport worked_;      // of the last link that was up
    std::chrono::steady_clock::time_point upSince_;
    std::chrono::steady_clock::time_point nextAttempt_;

    std::shared_ptr<LoopbackBridge> bridge_;
    std::shared_ptr<CnatsLink> link_;
    std::optional<Error> linkEnd_;
    std::optional<Error> bridgeEnd_;
    net::Timer wake_;  // cancelled when something changed for whoever waits on it
    bool started_ = false;
    bool stopping_ = false;
    bool finished_ = false;
    bool hurry_ = false;
    bool aboveLowWater_ = false;
};

}  // namespace pcg::bus
