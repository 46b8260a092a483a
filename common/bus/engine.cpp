// SPDX-License-Identifier: Apache-2.0
#include "common/bus/engine.h"

#include "common/bus/errc.h"
#include "common/bus/liveness.h"
#include "common/bus/subject.h"
#include "common/log/log.h"
#include "common/net/deadline.h"
#include "common/net/errc.h"

namespace pcg::bus {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr log::Logger kLog{"bus"};
constexpr milliseconds kTick{1'000};
// A link that ends sooner does not make the next waits short again: a broker that admits and then
// throws out must not be hammered.
constexpr milliseconds kStableAfter{5'000};

}  // namespace

NatsBus::Engine::Engine(net::Executor executor,
                        std::shared_ptr<net::Dialer> dialer,
                        NatsBusOptions options,
                        Random& random)
    : executor_(executor),
      dialer_(std::move(dialer)),
      options_(std::move(options)),
      random_(random),
      cancel_(std::make_shared<net::asio::cancellation_signal>()),
      backoff_(options_.backoffBase, options_.backoffCap, random),
      worked_(options_.worked),
      wake_(executor) {}

void NatsBus::Engine::start() {
    if (std::exchange(started_, true)) return;
    const auto signal = cancel_;
    auto token = net::asio::bind_cancellation_slot(signal->slot(), [signal](std::exception_ptr) {});
    net::asio::co_spawn(executor_, run(shared_from_this()), std::move(token));
}

NatsBus::Engine::~Engine() { tearDown(); }

net::Task<void> NatsBus::Engine::run([[maybe_unused]] std::shared_ptr<Engine> self) {
    co_await net::asio::this_coro::throw_if_cancelled(false);
    while (!stopping_) {
        setState(LinkState::Connecting,
                 status_.lastFailure ? status_.lastFailure->message() : "starting");
        const Error why = co_await oneLink();
        const bool wasUp = state_ == LinkState::Up;
        tearDown();
        if (stopping_) break;
        status_.lastFailure = why;
        if (wasUp && SteadyClock::now() - upSince_ >= kStableAfter) backoff_.reset();
        status_.failedAttempts = wasUp ? 0 : status_.failedAttempts + 1;
        kLog.failure(log::Level::Warn,
                     wasUp ? "bus.link_lost" : "bus.connect_failed",
                     why,
                     {{"broker", target().text()}, {"attempt", status_.failedAttempts}});
        setState(LinkState::Down, why.message());
        if (!wasUp) ++turn_;
        co_await waitBeforeNext();
    }
    finished_ = true;
    setState(LinkState::Closed, "stopped");
    wake_.cancel();
}

net::Task<void> NatsBus::Engine::waitBeforeNext() {
    const milliseconds wait = backoff_.next();
    nextAttempt_ = SteadyClock::now() + wait;
    while (!stopping_ && !hurry_ && SteadyClock::now() < nextAttempt_) {
        wake_.expires_at(nextAttempt_);
        co_await wake_.async_wait(net::kAwaitTuple);
    }
    hurry_ = false;
}

net::Target NatsBus::Engine::target() const {
    if (options_.broker.host.empty()) {
        if (const auto other = otherWay()) return other->target;
    }
    const auto& others = options_.alternates;
    const auto turn = turn_ % (others.size() + 1);
    return turn == 0 ? options_.broker : others[turn - 1];
}

net::Task<Error> NatsBus::Engine::oneLink() {
    linkEnd_.reset();
    bridgeEnd_.reset();
    const auto connected = co_await connectLink();
    if (!connected) co_return connected.error();
    if (stopping_) co_return Error(kStopped, "stopped while connecting");
    goUp();
    const auto ended = co_await superviseUntilLost();
    co_return ended.error();
}

// What worked the last time comes first; TLS first before WebSocket, which costs more.
std::optional<OtherWay> NatsBus::Engine::otherWay() const {
    std::vector<OtherWay> ways;
    ways.reserve(options_.tlsFirst.size() + options_.webSockets.size());
    for (const auto& target : options_.tlsFirst) ways.push_back({target, Transport::TlsFirst});
    for (const auto& target : options_.webSockets) ways.push_back({target, Transport::WebSocket});
    if (ways.empty()) return std::nullopt;
    std::ranges::stable_partition(ways,
                                  [this](const OtherWay& way) { return way.transport == worked_; });
    return ways[turn_ % ways.size()];
}

DialPlan NatsBus::Engine::plan() const {
    DialPlan made;
    if (!options_.broker.host.empty()) made.nats = target();
    made.other = otherWay();
    made.first = worked_;
    made.headStart = options_.headStart;
    return made;
}

net::Task<Result<>> NatsBus::Engine::connectLink(int redials) {
    status_.way = dialer_->wayTo(target());
    PCG_CO_TRY(Arrival arrival, co_await dialBroker(dialer_, plan()));
    status_.peer = arrival.connection.peer;
    status_.session = arrival.connection.session;
    status_.transport = arrival.transport;
    status_.way = arrival.way;
    auto attached = co_await attach(std::move(arrival));
    // Not a failure of this attempt: it would hide what is known of the last one.
    if (!attached && attached.error().is(kUnanswerable) && redials > 0) {
        co_return co_await connectLink(redials - 1);
    }
    co_return attached;
}

Result<CnatsLogin> NatsBus::Engine::makeLogin(const ServerInfo& info) {
    CnatsLogin login;
    login.clientName = options_.name;
    login.limit = options_.connectLimit;
    login.pingInterval = options_.pingInterval;
    if (!options_.credentials) return login;
    login.userJwt = options_.credentials->userJwt();
    login.publicKey = options_.credentials->publicKey();
    if (info.nonce.empty()) {
        return fail(kProtocol, "the broker asks for no signature; it is not set up for user keys");
    }
    login.signature = PCG_TRY(options_.credentials->signNonce(info.nonce));
    // cnats 3.4.1 takes the signature for a C string and sends none when its first octet is zero:
    // one login in 256. The next challenge has another signature.
    if (!login.signature.empty() && login.signature.front() == 0) {
        return fail(kUnanswerable,
                    "the broker's challenge cannot be answered with this client; dialing again");
    }
    return login;
}

net::Task<Result<>> NatsBus::Engine::attach(Arrival arrival) {
    struct Job {
        explicit Job(net::Executor executor) : done(executor) {}

        net::Timer done;
        std::optional<Result<>> result;
    };

    PCG_CO_TRY(CnatsLogin login, makeLogin(arrival.info));
    PCG_CO_TRY(bridge_, LoopbackBridge::create(executor_));
    login.port = bridge_->port();

    const std::weak_ptr<Engine> weak = weak_from_this();
    CnatsLink::Events events;
    events.onLost = [weak](std::optional<Error> said) {
        const auto self = weak.lock();
        if (!self) return;
        if (!said) said = self->bridgeEnd_.value_or(Error(kDown, "the broker closed the link"));
        self->endLink(std::move(*said));
    };
    events.onWritten = [weak] {
        if (const auto self = weak.lock()) self->onWritten();
    };
    link_ = std::make_shared<CnatsLink>(executor_, std::move(events));

    auto job = std::make_shared<Job>(executor_);
    job->done.expires_at(SteadyClock::time_point::max());
    helper_.run([job, link = link_, login = std::move(login), executor = executor_]() mutable {
        auto result = link->connectBlocking(std::move(login));
        // Handed over whole: the timer must end on the loop's thread.
        net::asio::post(executor, [job = std::move(job), result = std::move(result)]() mutable {
            job->result.emplace(std::move(result));
            job->done.cancel();
        });
    });

    const auto bridge = bridge_;
    net::Deadline deadline(executor_, options_.connectLimit, [bridge] { bridge->close(); });
    Result<> piped = co_await bridge->accept(options_.connectLimit);
    if (piped) {
        auto onEnd = [weak](const Error& why) {
            if (const auto self = weak.lock()) self->bridgeEnd_ = why;
        };
        std::string greeting = greetingForCnats(arrival.info) + arrival.early;
        piped = co_await bridge->start(
            std::move(arrival.connection), std::move(greeting), std::move(onEnd));
    }
    if (!piped) bridge->close();
    while (!job->result) co_await job->done.async_wait(net::kAwaitTuple);
    if (deadline.expired()) {
        co_return fail(net::kTimeout,
                       "the broker at " + target().text() + " did not admit us within " +
                           std::to_string(options_.connectLimit.count()) + " ms");
    }
    if (!piped) co_return fail(piped.error());
    co_return std::move(*job->result);
}

void NatsBus::Engine::goUp() {
    link_->start();
    for (const RegistrationPtr& registration : registrations_) {
        if (const auto made = link_->subscribe(registration); !made) return endLink(made.error());
    }
    ++epoch_;
    upSince_ = SteadyClock::now();
    status_.failedAttempts = 0;
    aboveLowWater_ = false;
    kLog.info("bus.link_up",
              {{"peer", status_.peer},
               {"transport", transportName(status_.transport)},
               {"way", status_.way.text},
               {"session", status_.session},
               {"epoch", epoch_}});
    if (std::exchange(worked_, status_.transport) != status_.transport && options_.onTransport)
        options_.onTransport(worked_);
    setState(LinkState::Up, {});
}

net::Task<Result<>> NatsBus::Engine::superviseUntilLost() {
    Liveness liveness(options_.silenceLimit, SteadyClock::now());
    int ticksSinceBridgeEnded = 0;
    while (!linkEnd_) {
        wake_.expires_after(kTick);
        co_await wake_.async_wait(net::kAwaitTuple);
        if (linkEnd_ || !bridge_) break;
        const Liveness::Counters counters{
            bridge_->bytesFromBroker(), bridge_->bytesAcknowledged(), bridge_->bytesUnderWay()};
        if (!liveness.alive(counters, SteadyClock::now())) {
            endLink(Error(net::kTimeout,
                          "the broker at " + status_.peer + " has been silent for " +
                              std::to_string(liveness.silence(SteadyClock::now()).count()) +
                              " ms; the link is taken for dead"));
        }
        // Normally cnats sees the end by itself, after what was still to be read.
        if (bridgeEnd_ && ++ticksSinceBridgeEnded > 1) endLink(*bridgeEnd_);
    }
    co_return fail(linkEnd_.value_or(Error(kStopped, "stopped")));
}

void NatsBus::Engine::endLink(Error why) {
    if (!linkEnd_) linkEnd_.emplace(std::move(why));
    wake_.cancel();
}

void NatsBus::Engine::tearDown() {
    if (bridge_) bridge_->close();
    bridge_.reset();
    if (!link_) return;
    link_->retire();
    helper_.run([link = std::exchange(link_, nullptr)] { link->destroyBlocking(); });
}

void NatsBus::Engine::setState(LinkState state, const std::string& why) {
    state_ = state;
    for (std::size_t i = 0; i < observers_.size(); ++i) {
        if (const auto onState = observers_[i].onState) onState(state, why);
    }
}

}  // namespace pcg::bus
