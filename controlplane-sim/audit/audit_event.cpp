// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_event.h"

#include "common/codec/utf8.h"

#include <array>

namespace pcg::controlplane {
namespace {

constexpr std::array<std::string_view, 7> kActors{
    "user", "token", "orchestrator", "gateway", "platform", "key", "client"};
constexpr std::array<std::string_view, 4> kOutcomes{"success", "refused", "failed", "unknown"};

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxAction = 64;
constexpr std::size_t kMaxDetail = 1024;

template <class Enum, std::size_t N>
std::optional<Enum> parseEnum(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

bool isShown(char32_t point) {
    const bool isControl = point < 0x20 || (point >= 0x7f && point < 0xa0);
    const bool turns = (point >= 0x202a && point <= 0x202e) ||
                       (point >= 0x2066 && point <= 0x2069) || point == 0x200e || point == 0x200f ||
                       point == 0x061c;
    return !isControl && !turns && point != 0x2028 && point != 0x2029;
}

}  // namespace

bool isTraffic(const AuditEvent& event) {
    return event.action == "proxy.call" || event.actor.kind == ActorKind::Client ||
           event.actor.kind == ActorKind::Gateway;
}

std::string_view nameOf(ActorKind kind) { return kActors[static_cast<std::size_t>(kind)]; }

std::string_view nameOf(AuditOutcome outcome) {
    return kOutcomes[static_cast<std::size_t>(outcome)];
}

std::optional<ActorKind> parseActorKind(std::string_view name) {
    return parseEnum<ActorKind>(kActors, name);
}

std::optional<AuditOutcome> parseAuditOutcome(std::string_view name) {
    return parseEnum<AuditOutcome>(kOutcomes, name);
}

std::string cleanText(std::string_view text, std::size_t maxBytes) {
    // Four octets of a code point may be cut here; what is left of it is repaired.
    const auto repaired = codec::repairUtf8(text.substr(0, 4 * maxBytes));
    std::string clean;
    std::string_view rest = repaired;
    while (!rest.empty()) {
        const auto point = codec::takeCodePoint(rest);
        if (!point) break;
        std::string one;
        if (isShown(*point))
            codec::appendCodePoint(one, *point);
        else
            one = " ";
        if (clean.size() + one.size() > maxBytes) break;
        clean += one;
    }
    return clean;
}

AuditEvent clean(AuditEvent event) {
    event.actor.name = cleanText(event.actor.name, kMaxName);
    event.action = cleanText(event.action, kMaxAction);
    event.target.kind = cleanText(event.target.kind, kMaxAction);
    event.target.id = cleanText(event.target.id, kMaxName);
    event.target.name = cleanText(event.target.name, kMaxName);
    event.detail = cleanText(event.detail, kMaxDetail);
    return event;
}

}  // namespace pcg::controlplane
