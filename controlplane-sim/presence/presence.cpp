// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/presence/presence.h"

#include "common/codec/json.h"
#include "common/log/log.h"
#include "controlplane-sim/presence/messages.h"
#include "controlplane-sim/presence/peer.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace pcg::controlplane {
namespace {

using codec::json::Object;
using presence::Peer;

constexpr log::Logger kLog{"presence"};
constexpr std::chrono::seconds kTick{1};
constexpr std::chrono::milliseconds kPingPause{100};  // for whoever reconnects all the time

struct Tenant {
    bus::Bus* bus = nullptr;
    std::vector<std::unique_ptr<bus::Subscription>> subscriptions;
    std::map<std::string, Peer> peers;  // by nkey
};

}  // namespace

struct Presence::State : std::enable_shared_from_this<State> {
    State(net::Executor executor, const Clock& time, Events callbacks)
        : timer(executor), clock(time), events(std::move(callbacks)) {}

    void wait() {
        timer.expires_after(kTick);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (error || !self) return;
            self->tick();
            self->wait();
        });
    }

    void tick() {
        // Judged first, told afterwards: a callback may forget gateways or detach tenants.
        std::vector<std::function<void()>> news;
        for (auto& [name, tenant] : tenants) {
            const auto id = wire::TenantId::unchecked(name);
            const bool up = tenant.bus != nullptr && tenant.bus->state() == bus::LinkState::Up;
            for (auto& [nkey, peer] : tenant.peers) {
                if (peer.online && (!up || clock.now() - peer.lastSign > kOfflineAfter)) {
                    peer.online = false;
                    news.push_back(newsOf(id, tenant, peer));
                }
                const bool due =
                    peer.pingSequence == 0 || clock.now() - peer.pingedAt >= kHeartbeat;
                if (up && due) ping(tenant, peer);
                readHeld(id, tenant, peer, news);
            }
        }
        for (const auto& tell : news) {
            if (tell) tell();
        }
    }

    void readHeld(const wire::TenantId& id,
                  Tenant& tenant,
                  Peer& peer,
                  std::vector<std::function<void()>>& news) {
        if (const auto hello = peer.hellos.due(clock.now()))
            news.push_back(onHello(id, tenant, peer, *hello));
        if (const auto inventory = peer.inventories.due(clock.now()))
            news.push_back(onInventory(id, peer, *inventory));
        if (const auto heads = peer.auditHeads.due(clock.now()))
            news.push_back(onAuditHeads(id, peer, *heads));
        if (const auto uploads = peer.uploads.due(clock.now()))
            news.push_back(onUploads(id, peer, *uploads));
    }

    // Our link is new: what was said while it was down was lost, so everybody is asked again.
    void onUp(const wire::TenantId& id) {
        const auto place = tenants.find(id.text());
        if (place == tenants.end()) return;
        for (auto& [nkey, peer] : place->second.peers) {
            peer.saidHello = false;
            ping(place->second, peer);
        }
    }

    void send(Tenant& tenant, const std::string& subject, const Object& object) {
        if (tenant.bus == nullptr) return;
        const std::string text = codec::json::write(object);
        const auto sent = tenant.bus->publish(subject, asBytes(text));
        if (!sent)
            kLog.failure(
                log::Level::Debug, "presence.not_sent", sent.error(), {{"subject", subject}});
    }

    void ping(Tenant& tenant, Peer& peer) {
        Object object;
        object.set("seq", codec::json::Value::ofUnsigned(++peer.pingSequence));
        if (peer.roundTrip)
            object.set("rtt_us", static_cast<std::int64_t>(peer.roundTrip->count()));
        if (!peer.saidHello) object.set("hello_wanted", true);
        peer.pingedAt = clock.now();
        peer.pingedAtWall = clock.wallNow();
        peer.pingUnanswered = true;
        send(tenant, wire::GatewaySubjects(peer.nkey).ping(), object);
    }

    LiveGateway describe(const Tenant& tenant, const Peer& peer) const {
        const auto broker = tenant.bus == nullptr ? bus::LinkState::Down : tenant.bus->state();
        return peer.describe(clock.now(), broker);
    }

    // Two answers to one ping, from two runs of the daemon.
    void noteAnswer(const wire::TenantId& id, Peer& peer, const PongReport& pong) {
        if (!pong.boot || pong.sequence != peer.pingSequence) return;
        const bool first = peer.answeredSequence != pong.sequence;
        const bool another = !first && peer.answered != pong.boot;
        if (first) {
            peer.answeredSequence = pong.sequence;
            peer.answered = pong.boot;
        }
        if (!another) return;
        if (!peer.isCopySeen(clock.now())) {
            kLog.error("presence.two_gateways",
                       {{"tenant", id.text()},
                        {"gateway", peer.id.text()},
                        {"one", peer.answered->text()},
                        {"other", pong.boot->text()},
                        {"host", peer.lastHost},
                        {"earlier_host", peer.earlierHost}});
        }
        peer.copySeen = clock.now();
    }

    void connected(const ConnectEvent& event) {
        for (auto& [name, tenant] : tenants) {
            const auto found = tenant.peers.find(event.user);
            if (found == tenant.peers.end()) continue;
            Peer& peer = found->second;
            peer.earlierHost = std::exchange(peer.lastHost, event.host);
            kLog.info("presence.connected",
                      {{"tenant", name}, {"gateway", peer.id.text()}, {"host", event.host}});
            if (peer.online && clock.now() - peer.pingedAt >= kPingPause) ping(tenant, peer);
            return;
        }
    }

    std::function<void()> newsOf(const wire::TenantId& id, const Tenant& tenant, const Peer& peer) {
        kLog.info(peer.online ? "presence.online" : "presence.offline",
                  {{"tenant", id.text()}, {"gateway", peer.id.text()}});
        return [tell = events.onChange, id, gateway = peer.id, live = describe(tenant, peer)] {
            if (tell) tell(id, gateway, live);
        };
    }

    // Every message is a sign of life, but only of a gateway that we expect on that account.
    // Callbacks come last: they may forget the very gateway.
    void onMessage(const wire::TenantId& id, const bus::Message& message) {
        const auto parsed = wire::parseSubject(message.subject);
        const auto place = tenants.find(id.text());
        if (!parsed || place == tenants.end()) return;
        Tenant& tenant = place->second;
        const auto found = tenant.peers.find(parsed->nkey.text());
        if (found == tenant.peers.end()) return;
        Peer& peer = found->second;
        std::function<void()> report;
        switch (parsed->kind) {
            case wire::SubjectKind::Hello:
                if (peer.hellos.take(message.payload, clock.now()))
                    report = onHello(id, tenant, peer, message.payload);
                break;
            case wire::SubjectKind::Inventory:
                if (peer.inventories.take(message.payload, clock.now()))
                    report = onInventory(id, peer, message.payload);
                break;
            case wire::SubjectKind::AuditHeads:
                if (peer.auditHeads.take(message.payload, clock.now()))
                    report = onAuditHeads(id, peer, message.payload);
                break;
            case wire::SubjectKind::Uploads:
                if (peer.uploads.take(message.payload, clock.now()))
                    report = onUploads(id, peer, message.payload);
                break;
            case wire::SubjectKind::Heartbeat:
                break;
            case wire::SubjectKind::Pong:
                if (peer.pongs.takes(clock.now())) onPong(id, tenant, peer, message.payload);
                break;
            default:
                return;
        }
        peer.lastSign = clock.now();
        peer.everHeard = true;
        std::function<void()> news;
        if (!std::exchange(peer.online, true)) {
            news = newsOf(id, tenant, peer);
            ping(tenant, peer);
        }
        if (news) news();
        if (report) report();
    }

    std::function<void()> onHello(const wire::TenantId& id,
                                  Tenant& tenant,
                                  Peer& peer,
                                  BytesView payload) {
        auto hello = parseHello(payload);
        if (!hello) return refuse(peer, hello.error());
        peer.version = hello->version;
        peer.path = hello->path;
        peer.told.reset();
        peer.saidHello = true;
        peer.roundTrip.reset();
        Object welcome;
        welcome.set("link_epoch", codec::json::Value::ofUnsigned(hello->linkEpoch));
        send(tenant, wire::GatewaySubjects(peer.nkey).welcome(), welcome);
        // Another run than before: started anew, or a copy. If the other one is still there, both
        // will answer.
        const bool another = peer.boot && hello->boot && peer.boot != hello->boot;
        peer.boot = hello->boot;
        if (another) ping(tenant, peer);
        return [tell = events.onHello, id, gateway = peer.id, hello = std::move(*hello)] {
            if (tell) tell(id, gateway, hello);
        };
    }

    std::function<void()> onInventory(const wire::TenantId& id, Peer& peer, BytesView payload) {
        auto report = parseInventory(payload);
        if (!report) return refuse(peer, report.error());
        peer.sealing = std::move(report->sealing);
        peer.remote = report->remote;
        peer.endpoints.clear();
        std::vector<ReportedEndpoint> stored;
        for (auto& endpoint : report->endpoints) {
            peer.endpoints.insert_or_assign(endpoint.stored.id, std::move(endpoint.live));
            stored.push_back(std::move(endpoint.stored));
        }
        // Each look at an endpoint is an inventory; few of them change what is stored.
        if (peer.told && isSame(*peer.told, stored)) return nullptr;
        peer.told = stored;
        return [tell = events.onInventory, id, gateway = peer.id, stored = std::move(stored)] {
            if (tell) tell(id, gateway, stored);
        };
    }

    std::function<void()> onAuditHeads(const wire::TenantId& id, Peer& peer, BytesView payload) {
        auto heads = parseAuditHeads(payload);
        if (!heads) return refuse(peer, heads.error());
        return [tell = events.onAuditHeads, id, gateway = peer.id, heads = std::move(*heads)] {
            if (tell) tell(id, gateway, heads);
        };
    }

    std::function<void()> onUploads(const wire::TenantId& id, Peer& peer, BytesView payload) {
        auto uploads = parseUploads(payload);
        if (!uploads) return refuse(peer, uploads.error());
        return [tell = events.onUploads, id, gateway = peer.id, uploads = std::move(*uploads)] {
            if (tell) tell(id, gateway, uploads);
        };
    }

    void onPong(const wire::TenantId& id, Tenant& tenant, Peer& peer, BytesView payload) {
        const auto pong = parsePong(payload);
        if (!pong) {
            refuse(peer, pong.error());
            return;
        }
        noteAnswer(id, peer, *pong);
        if (!peer.pingUnanswered || pong->sequence != peer.pingSequence) return;
        peer.pingUnanswered = false;
        const bool first = !peer.roundTrip;
        peer.roundTrip =
            std::chrono::duration_cast<std::chrono::microseconds>(clock.now() - peer.pingedAt);
        if (pong->at) peer.clockOffset = peer.offsetOf(*pong->at);
        if (first) ping(tenant, peer);  // which tells the gateway what was measured
    }

    static bool isSame(const std::vector<ReportedEndpoint>& a,
                       const std::vector<ReportedEndpoint>& b) {
        const auto parts = [](const ReportedEndpoint& one) {
            return std::tie(one.id, one.name, one.kind, one.state, one.why);
        };
        return std::equal(
            a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
                return parts(x) == parts(y);
            });
    }

    std::function<void()> refuse(Peer& peer, const Error& error) const {
        if (const auto omitted = peer.complaints.pass(clock.now())) {
            kLog.failure(log::Level::Warn,
                         "presence.bad_message",
                         error,
                         {{"gateway", peer.id.text()}, {"omitted", *omitted}});
        }
        return nullptr;
    }

    Peer* find(const wire::TenantId& tenant, const wire::GatewayId& gateway) {
        const auto place = tenants.find(tenant.text());
        if (place == tenants.end()) return nullptr;
        for (auto& [nkey, peer] : place->second.peers) {
            if (peer.id == gateway) return &peer;
        }
        return nullptr;
    }

    net::Timer timer;
    const Clock& clock;
    Events events;
    std::map<std::string, Tenant> tenants;
};

Presence::Presence(net::Executor executor, const Clock& clock, Events events)
    : state_(std::make_shared<State>(executor, clock, std::move(events))) {
    state_->wait();
}

Presence::~Presence() {
    state_->timer.cancel();
    state_->events = {};
    state_->tenants.clear();
}

Result<> Presence::attach(const wire::TenantId& tenant, bus::Bus& bus) {
    Tenant& entry = state_->tenants[tenant.text()];
    if (entry.bus != nullptr) return {};
    const std::weak_ptr<State> weak = state_;
    for (const std::string_view subject : {wire::kAnyHello,
                                           wire::kAnyInventory,
                                           wire::kAnyAuditHeads,
                                           wire::kAnyUploads,
                                           wire::kAnyHeartbeat,
                                           wire::kAnyPong}) {
        bus::SubscriptionHandlers handlers;
        handlers.onMessage = [weak, tenant](const bus::Message& message) {
            if (const auto self = weak.lock()) self->onMessage(tenant, message);
        };
        entry.subscriptions.push_back(
            PCG_TRY(bus.subscribe(std::string(subject), {}, std::move(handlers))));
    }
    bus::Bus::Observer observer;
    observer.onState = [weak, tenant](bus::LinkState state, const std::string&) {
        const auto self = weak.lock();
        if (self && state == bus::LinkState::Up) self->onUp(tenant);
    };
    bus.observe(std::move(observer));
    entry.bus = &bus;
    return {};
}

void Presence::detach(const wire::TenantId& tenant) { state_->tenants.erase(tenant.text()); }

void Presence::expect(const wire::TenantId& tenant,
                      const wire::GatewayId& gateway,
                      const wire::UserNkey& nkey) {
    auto& peers = state_->tenants[tenant.text()].peers;
    if (peers.contains(nkey.text())) return;
    forget(tenant, gateway);  // it was paired anew, with another nkey
    peers.emplace(nkey.text(), Peer(gateway, nkey));
}

void Presence::forget(const wire::TenantId& tenant, const wire::GatewayId& gateway) {
    const auto place = state_->tenants.find(tenant.text());
    if (place == state_->tenants.end()) return;
    std::erase_if(place->second.peers,
                  [&gateway](const auto& entry) { return entry.second.id == gateway; });
}

void Presence::quarantine(const wire::TenantId& tenant,
                          const wire::GatewayId& gateway,
                          std::string why) {
    if (Peer* peer = state_->find(tenant, gateway)) peer->quarantine = std::move(why);
}

void Presence::connected(const ConnectEvent& event) { state_->connected(event); }

void Presence::sendUnpair(const wire::TenantId& tenant,
                          const wire::GatewayId& gateway,
                          const std::string& reason) {
    const Peer* peer = state_->find(tenant, gateway);
    if (peer == nullptr) return;
    Object object;
    object.set("reason", reason);
    state_->send(
        state_->tenants[tenant.text()], wire::GatewaySubjects(peer->nkey).unpair(), object);
}

void Presence::sendRenewNow(const wire::TenantId& tenant, const wire::GatewayId& gateway) {
    const Peer* peer = state_->find(tenant, gateway);
    if (peer == nullptr) return;
    state_->send(
        state_->tenants[tenant.text()], wire::GatewaySubjects(peer->nkey).renewNow(), Object());
}

LiveGateway Presence::live(const TenantScope& scope, const wire::GatewayId& id) const {
    return live(scope.tenant(), id);
}

LiveGateway Presence::live(const wire::TenantId& tenant, const wire::GatewayId& id) const {
    const Peer* peer = state_->find(tenant, id);
    if (peer != nullptr) return state_->describe(state_->tenants.at(tenant.text()), *peer);
    LiveGateway unknown;
    unknown.why = "The gateway has no link: it is not paired, or was removed.";
    return unknown;
}

std::optional<LiveEndpoint> Presence::endpoint(const TenantScope& scope,
                                               const wire::GatewayId& gateway,
                                               const wire::EndpointId& id) const {
    const Peer* peer = state_->find(scope.tenant(), gateway);
    if (peer == nullptr) return std::nullopt;
    const auto known = peer->endpoints.find(id);
    return known == peer->endpoints.end() ? std::nullopt : std::optional(known->second);
}

void Presence::tick() { state_->tick(); }

}  // namespace pcg::controlplane
