// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/gateway_watch.h"

#include "common/codec/json.h"
#include "common/log/log.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"watch"};

// Of one gateway: what starts up with all its endpoints fits; what reports others every second does
// not fill the timeline and the audit.
constexpr rest::RateLimit::Rate kTold{0.5, 64};
constexpr rest::RateLimit::Rate kCounted{1.0 / 60.0, 4};

LiveEvent newsOf(const std::string& type, const std::string& id) {
    codec::json::Object data;
    data.set("id", id);
    return {type, codec::json::write(data)};
}

Severity severityOf(const EndpointChange& change) {
    if (change.kind == EndpointChange::Kind::Gone) return Severity::Info;
    if (change.state == "ok") return Severity::Success;
    return change.state == "checking" ? Severity::Info : Severity::Warning;
}

std::string sentenceOf(const EndpointChange& change) {
    switch (change.kind) {
        case EndpointChange::Kind::Appeared:
            return "The endpoint " + change.name + " was added: " + change.state + ".";
        case EndpointChange::Kind::Gone:
            return "The endpoint " + change.name + " was removed.";
        case EndpointChange::Kind::Changed:
            break;
    }
    return "The endpoint " + change.name + " is now " + change.state + ".";
}

std::string actionOf(const EndpointChange& change) {
    switch (change.kind) {
        case EndpointChange::Kind::Appeared:
            return "endpoint.report";
        case EndpointChange::Kind::Gone:
            return "endpoint.gone";
        case EndpointChange::Kind::Changed:
            break;
    }
    return "endpoint.change";
}

}  // namespace

std::vector<EndpointChange> changesBetween(const std::vector<Endpoint>& before,
                                           const std::vector<Endpoint>& after) {
    const auto find = [](const std::vector<Endpoint>& list, const wire::EndpointId& id) {
        const auto found = std::find_if(
            list.begin(), list.end(), [&id](const Endpoint& one) { return one.id == id; });
        return found == list.end() ? nullptr : &*found;
    };
    std::vector<EndpointChange> changes;
    using Kind = EndpointChange::Kind;
    for (const auto& now : after) {
        const auto* then = find(before, now.id);
        const bool isSame = then != nullptr && then->state == now.state && then->why == now.why &&
                            then->name == now.name;
        if (isSame) continue;
        changes.push_back({then == nullptr ? Kind::Appeared : Kind::Changed,
                           now.id,
                           now.name,
                           now.state,
                           now.why});
    }
    for (const auto& then : before) {
        if (find(after, then.id) == nullptr)
            changes.push_back({Kind::Gone, then.id, then.name, "gone", {}});
    }
    return changes;
}

GatewayWatch::GatewayWatch(Parts parts) : parts_(parts), told_(kTold), counted_(kCounted) {}

GatewayWatch::Note GatewayWatch::note(const wire::TenantId& tenant,
                                      const wire::GatewayId& gateway,
                                      TimelineEntry entry,
                                      std::string action) const {
    entry.at = parts_.clock.wallNow();
    AuditEvent event;
    event.at = entry.at;
    event.actor = {ActorKind::Gateway, gateway.text()};
    event.action = std::move(action);
    event.target = {"gateway", gateway.text(), {}};
    event.detail = entry.text + (entry.cause.empty() ? "" : " " + entry.cause);
    return {tenant, gateway, std::move(entry), std::move(event)};
}

void GatewayWatch::linkChanged(const wire::TenantId& tenant,
                               const wire::GatewayId& gateway,
                               const LiveGateway& live) {
    TimelineEntry entry{{},
                        live.online ? "online" : "offline",
                        live.online ? Severity::Success : Severity::Danger,
                        live.online ? "The gateway is online." : "The gateway is offline.",
                        live.why};
    tell(note(
        tenant, gateway, std::move(entry), live.online ? "gateway.connect" : "gateway.disconnect"));
}

void GatewayWatch::started(const wire::TenantId& tenant,
                           const wire::GatewayId& gateway,
                           const std::string& version) {
    if (told_.take(gateway.text(), parts_.clock.now())) return;
    TimelineEntry entry{{},
                        "started",
                        Severity::Info,
                        "The gateway's service started.",
                        version.empty() ? std::string() : "It is version " + version + "."};
    tell(note(tenant, gateway, std::move(entry), "gateway.start"));
}

void GatewayWatch::paired(const wire::TenantId& tenant, const wire::GatewayId& gateway) {
    TimelineEntry entry{{}, "paired", Severity::Success, "The gateway was paired.", {}};
    tell(note(tenant, gateway, std::move(entry), "gateway.bind"));
}

void GatewayWatch::released(const wire::TenantId& tenant, const wire::GatewayId& gateway) {
    TimelineEntry entry{{}, "released", Severity::Warning, "The gateway was released.", {}};
    tell(note(tenant, gateway, std::move(entry), "gateway.release"));
}

void GatewayWatch::endpointsChanged(const wire::TenantId& tenant,
                                    const wire::GatewayId& gateway,
                                    const std::vector<EndpointChange>& changes) {
    std::vector<Note> notes;
    std::size_t untold = 0;
    for (const auto& change : changes) {
        if (told_.take(gateway.text(), parts_.clock.now())) {
            ++untold;
            continue;
        }
        TimelineEntry entry{{}, "endpoint", severityOf(change), sentenceOf(change), change.why};
        auto one = note(tenant, gateway, std::move(entry), actionOf(change));
        one.event.target = {"endpoint", change.id.text(), change.name};
        notes.push_back(std::move(one));
        parts_.events.publish(tenant, newsOf("endpoint", change.id.text()));
    }
    if (untold > 0 && !counted_.take(gateway.text(), parts_.clock.now()))
        notes.push_back(countOf(tenant, gateway, untold));
    tellAll(std::move(notes));
}

void GatewayWatch::auditHeads(const wire::TenantId& tenant,
                              const wire::GatewayId& gateway,
                              std::vector<ChainHead> heads) {
    net::asio::co_spawn(
        parts_.loop, witness(tenant, gateway, std::move(heads)), net::asio::detached);
}

net::Task<void> GatewayWatch::witness(wire::TenantId tenant,
                                      wire::GatewayId gateway,
                                      std::vector<ChainHead> heads) {
    auto work = [scope = parts_.authority.scopeOf(tenant),
                 gateway,
                 heads = std::move(heads),
                 now = parts_.clock.wallNow()](store::Database& database) {
        return AuditWitness(database).keep(scope, gateway, heads, now);
    };
    const auto findings = co_await parts_.store.run(std::move(work));
    if (!findings) {
        kLog.failure(log::Level::Warn,
                     "watch.heads_not_kept",
                     findings.error(),
                     {{"gateway_id", gateway.text()}});
        co_return;
    }
    for (const auto& finding : *findings) {
        if (told_.take(gateway.text(), parts_.clock.now())) co_return;
        TimelineEntry entry{{},
                            "audit",
                            Severity::Danger,
                            finding,
                            "Somebody changed the gateway's records, or its disk was put back to "
                            "an earlier state. Compare with pcgctl audit verify there."};
        auto one = note(tenant, gateway, std::move(entry), "gateway.audit_contradiction");
        one.event.outcome = AuditOutcome::Failed;
        tell(std::move(one));
    }
}

GatewayWatch::Note GatewayWatch::countOf(const wire::TenantId& tenant,
                                         const wire::GatewayId& gateway,
                                         std::size_t untold) {
    TimelineEntry entry{{},
                        "endpoint",
                        Severity::Warning,
                        std::to_string(untold) + " more endpoints changed.",
                        "So many change that they are not told one by one any more."};
    return note(tenant, gateway, std::move(entry), "endpoint.change");
}

void GatewayWatch::tell(Note note) {
    std::vector<Note> one;
    one.push_back(std::move(note));
    tellAll(std::move(one));
}

void GatewayWatch::tellAll(std::vector<Note> notes) {
    if (notes.empty()) return;
    parts_.events.publish(notes.front().tenant, newsOf("gateway", notes.front().gateway.text()));
    net::asio::co_spawn(parts_.loop, keep(std::move(notes)), net::asio::detached);
}

// All of one gateway.
net::Task<void> GatewayWatch::keep(std::vector<Note> notes) {
    const auto scope = parts_.authority.scopeOf(notes.front().tenant);
    const auto gateway = notes.front().gateway;
    std::vector<TimelineEntry> entries;
    for (const auto& note : notes) entries.push_back(note.entry);
    auto work = [scope, gateway, entries = std::move(entries)](
                    store::Database& database) -> Result<std::string> {
        for (const auto& entry : entries) PCG_TRY(Timeline(database).add(scope, gateway, entry));
        const auto found = PCG_TRY(Gateways(database).find(scope, gateway));
        return found ? found->name : std::string();
    };
    const auto name = co_await parts_.store.run(std::move(work));
    if (!name) {
        kLog.failure(
            log::Level::Warn, "watch.not_kept", name.error(), {{"gateway_id", gateway.text()}});
    }
    for (auto& note : notes) {
        if (name) {
            note.event.actor.name = name->empty() ? gateway.text() : *name;
            if (note.event.target.kind == "gateway") note.event.target.name = *name;
        }
        parts_.audit.record(note.tenant, std::move(note.event));
    }
}

}  // namespace pcg::controlplane
