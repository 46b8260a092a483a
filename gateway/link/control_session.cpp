// SPDX-License-Identifier: Apache-2.0
#include "gateway/link/control_session.h"

#include "common/codec/json.h"
#include "common/log/log.h"

namespace pcg::gateway {
namespace {

using codec::json::Object;

constexpr log::Logger kLog{"link"};
constexpr std::size_t kMaxControlMessage = 4 * 1024;
constexpr std::size_t kMaxReason = 512;

}  // namespace

struct ControlSession::State : std::enable_shared_from_this<State> {
    State(net::Executor executor,
          bus::Bus& with,
          ControlIdentity who,
          const Clock& time,
          Events callbacks)
        : timer(executor),
          bus(with),
          identity(std::move(who)),
          subjects(identity.nkey),
          clock(time),
          events(std::move(callbacks)) {}

    void publish(const std::string& subject, const Object& object) {
        // What cannot be sent now is superseded by the next heartbeat or the next hello.
        const std::string text = codec::json::write(object);
        const auto sent = bus.publish(subject, asBytes(text));
        if (!sent)
            kLog.failure(log::Level::Debug, "link.not_sent", sent.error(), {{"subject", subject}});
    }

    void sayHello() {
        Object hello;
        hello.set("v", 1)
            .set("gateway_id", identity.gateway.text())
            .set("instance", identity.instance.text())
            .set("boot", identity.boot.text())
            .set("version", identity.version)
            .set("hostname", identity.hostname)
            .set("link_epoch", codec::json::Value::ofUnsigned(bus.epoch()))
            .set("at", toRfc3339(clock.wallNow()));
        if (identity.path) hello.set("path", identity.path());
        publish(subjects.hello(), hello);
    }

    void sendInventory() { publish(subjects.inventory(), toJson(inventory)); }

    void sendUploads(bool whole) {
        if (identity.uploads) publish(subjects.uploads(), identity.uploads(whole));
    }

    void sendHeartbeat() {
        Object object;
        object.set("seq", codec::json::Value::ofUnsigned(++sequence));
        if (roundTrip) {
            object.set("rtt_ms", static_cast<double>(roundTrip->count()) / 1000.0);
        } else {
            object.set("rtt_ms", nullptr);
        }
        publish(subjects.heartbeat(), object);
    }

    // Somebody else knows then what the audit was (docs/protocol/audit.md).
    void sendAuditHeads() {
        if (!welcomed || !identity.auditHeads || clock.now() < auditHeadsDue) return;
        const auto heads = identity.auditHeads();
        if (!heads || heads == sentHeads) return;
        publish(subjects.auditHeads(), toJson(*heads));
        sentHeads = heads;
        auditHeadsDue = clock.now() + kAuditHeadsEvery;
    }

    void onUp() {
        welcomed = false;
        roundTrip.reset();
        sentHeads.reset();  // what was sent on the link before may be lost
        auditHeadsDue = {};
        sayHello();
        sendInventory();
        sendUploads(true);
        sendHeartbeat();
        waitForNextBeat();
    }

    void beat() {
        if (bus.state() != bus::LinkState::Up) return;
        if (!welcomed) sayHello();
        sendHeartbeat();
        sendAuditHeads();
        waitForNextBeat();
    }

    void waitForNextBeat() {
        timer.expires_after(kHeartbeat);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!error && self) self->beat();
        });
    }

    void onMessage(const bus::Message& message) {
        if (message.payload.size() > kMaxControlMessage) return;
        const auto parsed = wire::parseSubject(message.subject);
        if (!parsed) return;
        const auto object = codec::json::parseObject(asText(message.payload), kMaxControlMessage);
        if (!object) {
            kLog.failure(log::Level::Warn,
                         "link.bad_control",
                         object.error(),
                         {{"subject", message.subject}});
            return;
        }
        switch (parsed->kind) {
            case wire::SubjectKind::Welcome:
                return onWelcome(*object);
            case wire::SubjectKind::Ping:
                return onPing(*object);
            case wire::SubjectKind::Unpair:
                return onUnpair(*object);
            case wire::SubjectKind::RenewNow:
                if (events.onRenewNow) events.onRenewNow();
                return;
            default:
                return;
        }
    }

    void onWelcome(const Object& object) {
        const auto epoch = object.integer("link_epoch", 0);
        if (!epoch || static_cast<std::uint64_t>(*epoch) != bus.epoch() || welcomed) return;
        welcomed = true;
        kLog.info("link.welcome", {{"epoch", *epoch}});
        if (events.onWelcome) events.onWelcome();
    }

    void onPing(const Object& object) {
        const auto seq = object.integer("seq", 0);
        if (!seq) return;
        Object pong;
        // Our clock at this moment: the control plane knows when it asked and when it heard.
        pong.set("seq", *seq)
            .set("boot", identity.boot.text())
            .set("at_ms", toUnixMilliseconds(clock.wallNow()));
        publish(subjects.pong(), pong);
        const auto micros = object.optionalInteger("rtt_us", 0, 3'600'000'000);
        if (micros && *micros) roundTrip = std::chrono::microseconds(**micros);
        // The control plane was restarted behind a link that stayed up: it does not know us any
        // more.
        if (object.booleanOr("hello_wanted", false).value_or(false)) {
            sayHello();
            sendInventory();
            sendUploads(true);
        }
    }

    void onUnpair(const Object& object) {
        const auto reason = object.optionalString("reason", kMaxReason);
        kLog.warn("link.unpair", {{"reason", reason && *reason ? **reason : std::string()}});
        if (events.onUnpair)
            events.onUnpair(reason && *reason ? **reason : "removed by the tenant");
    }

    net::Timer timer;
    bus::Bus& bus;
    ControlIdentity identity;
    wire::GatewaySubjects subjects;
    const Clock& clock;
    Events events;
    std::unique_ptr<bus::Subscription> subscription;
    Inventory inventory;
    std::uint64_t sequence = 0;
    bool welcomed = false;
    std::optional<std::chrono::microseconds> roundTrip;
    std::optional<AuditHeads> sentHeads;  // on this link
    SteadyTime auditHeadsDue{};
};

ControlSession::ControlSession(net::Executor executor,
                               bus::Bus& bus,
                               ControlIdentity identity,
                               const Clock& clock,
                               Events events)
    : state_(
          std::make_shared<State>(executor, bus, std::move(identity), clock, std::move(events))) {}

ControlSession::~ControlSession() {
    state_->timer.cancel();
    state_->events = {};
    state_->subscription.reset();
}

Result<> ControlSession::start() {
    const std::weak_ptr<State> weak = state_;
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [weak](const bus::Message& message) {
        if (const auto self = weak.lock()) self->onMessage(message);
    };
    state_->subscription =
        PCG_TRY(state_->bus.subscribe(state_->subjects.allControl(), {}, std::move(handlers)));
    bus::Bus::Observer observer;
    observer.onState = [weak](bus::LinkState state, const std::string&) {
        const auto self = weak.lock();
        if (!self) return;
        if (state == bus::LinkState::Up) return self->onUp();
        self->welcomed = false;
        self->timer.cancel();
    };
    state_->bus.observe(std::move(observer));
    if (state_->bus.state() == bus::LinkState::Up) state_->onUp();
    return {};
}

void ControlSession::setInventory(Inventory inventory) {
    if (inventory == state_->inventory) return;
    state_->inventory = std::move(inventory);
    if (state_->subscription && state_->bus.state() == bus::LinkState::Up) state_->sendInventory();
}

void ControlSession::uploadsChanged() {
    if (state_->subscription && state_->bus.state() == bus::LinkState::Up)
        state_->sendUploads(false);
}

bool ControlSession::welcomed() const { return state_->welcomed; }

std::optional<std::chrono::microseconds> ControlSession::roundTrip() const {
    return state_->roundTrip;
}

void ControlSession::heartbeat() { state_->beat(); }

}  // namespace pcg::gateway
