// SPDX-License-Identifier: Apache-2.0
// One thing that somebody did: who, what, to what, how it ended. Plain values.
//
// Never a secret: whoever emits names things, and never quotes what was sent. Texts are cut and
// neutralised when they are recorded (clean()).
#pragma once

#include "common/base/clock.h"
#include "common/wire/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pcg::controlplane {

// Client: whoever calls through the ingress. The gateway knows who that is, we do not: what the
// client says of itself is written as what it claims.
enum class ActorKind { User, Token, Orchestrator, Gateway, Platform, Key, Client };

// Failed: it was tried and did not work. Unknown: it may have been executed.
enum class AuditOutcome { Success, Refused, Failed, Unknown };

struct Actor {
    ActorKind kind = ActorKind::Platform;
    std::string name;
};

struct AuditTarget {
    std::string kind;  // "gateway", "endpoint", "user", "token", ...; empty: nothing in particular
    std::string id;
    std::string name;
};

struct AuditEvent {
    WallTime at;
    Actor actor;
    std::string action;  // "gateway.pair", "endpoint.change", "proxy.call"
    AuditTarget target;
    AuditOutcome outcome = AuditOutcome::Success;
    std::optional<std::int64_t> durationMs;
    std::uint64_t bytesUp = 0;
    std::uint64_t bytesDown = 0;
    std::string detail;
};

struct AuditRow {
    std::uint64_t seq = 0;  // 1, 2, 3, ... within the tenant
    AuditEvent event;
};

// Comes with traffic: a call through the ingress, or what a gateway reports by itself. Everything
// else is what somebody decided, and is kept longer (AuditRetention).
bool isTraffic(const AuditEvent& event);

// Whoever has something to tell. Never waits, never fails.
class AuditSink {
  public:
    virtual ~AuditSink() = default;
    virtual void record(const wire::TenantId& tenant, AuditEvent event) = 0;
};

std::string_view nameOf(ActorKind kind);
std::string_view nameOf(AuditOutcome outcome);
std::optional<ActorKind> parseActorKind(std::string_view name);
std::optional<AuditOutcome> parseAuditOutcome(std::string_view name);

// Valid UTF-8 of bounded length without control characters and without what turns the direction of
// text, so that it can be shown anywhere.
std::string cleanText(std::string_view text, std::size_t maxBytes);
AuditEvent clean(AuditEvent event);

}  // namespace pcg::controlplane
