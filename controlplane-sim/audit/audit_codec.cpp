// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_codec.h"

#include "common/store/errc.h"

namespace pcg::controlplane {
namespace {

constexpr char kVersion = 1;
constexpr std::uint64_t kNoDuration = ~std::uint64_t{0};

void put(std::string& to, std::uint64_t number, int octets) {
    for (int i = 0; i < octets; ++i) to.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

void put(std::string& to, const std::string& text) {
    put(to, text.size(), 2);
    to += text;
}

void put(std::string& to, const AuditEvent& event) {
    put(to, static_cast<std::uint64_t>(toUnixMilliseconds(event.at)), 8);
    put(to, static_cast<std::uint64_t>(event.actor.kind), 1);
    put(to, static_cast<std::uint64_t>(event.outcome), 1);
    put(to, event.durationMs ? static_cast<std::uint64_t>(*event.durationMs) : kNoDuration, 8);
    put(to, event.bytesUp, 8);
    put(to, event.bytesDown, 8);
    put(to, event.actor.name);
    put(to, event.action);
    put(to, event.target.kind);
    put(to, event.target.id);
    put(to, event.target.name);
    put(to, event.detail);
}

class Reader {
  public:
    explicit Reader(std::string_view octets) : rest_(octets) {}

    bool isAtEnd() const { return rest_.empty(); }

    Result<std::uint64_t> number(std::size_t octets) {
        const auto taken = PCG_TRY(take(octets));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < octets; ++i)
            value |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
        return value;
    }

    Result<std::string> text() {
        const auto size = PCG_TRY(number(2));
        return std::string(PCG_TRY(take(size)));
    }

  private:
    Result<std::string_view> take(std::size_t octets) {
        if (octets > rest_.size()) return fail(store::kCorrupt, "A part of the audit is damaged.");
        const auto taken = rest_.substr(0, octets);
        rest_.remove_prefix(octets);
        return taken;
    }

    std::string_view rest_;
};

Result<AuditEvent> readEvent(Reader& from) {
    AuditEvent event;
    event.at = fromUnixMilliseconds(static_cast<std::int64_t>(PCG_TRY(from.number(8))));
    const auto kind = PCG_TRY(from.number(1));
    const auto outcome = PCG_TRY(from.number(1));
    if (kind > static_cast<std::uint64_t>(ActorKind::Client) ||
        outcome > static_cast<std::uint64_t>(AuditOutcome::Unknown)) {
        return fail(store::kCorrupt, "A part of the audit is damaged.");
    }
    event.actor.kind = static_cast<ActorKind>(kind);
    event.outcome = static_cast<AuditOutcome>(outcome);
    const auto duration = PCG_TRY(from.number(8));
    if (duration != kNoDuration) event.durationMs = static_cast<std::int64_t>(duration);
    event.bytesUp = PCG_TRY(from.number(8));
    event.bytesDown = PCG_TRY(from.number(8));
    event.actor.name = PCG_TRY(from.text());
    event.action = PCG_TRY(from.text());
    event.target.kind = PCG_TRY(from.text());
    event.target.id = PCG_TRY(from.text());
    event.target.name = PCG_TRY(from.text());
    event.detail = PCG_TRY(from.text());
    return event;
}

}  // namespace

std::string encodeRows(std::span<const AuditEvent> events) {
    std::string octets(1, kVersion);
    for (const auto& event : events) put(octets, event);
    return octets;
}

Result<std::vector<AuditEvent>> decodeRows(std::string_view octets) {
    if (octets.empty() || octets.front() != kVersion) {
        return fail(store::kCorrupt, "A part of the audit is damaged, or of a newer version.");
    }
    Reader reader(octets.substr(1));
    std::vector<AuditEvent> events;
    while (!reader.isAtEnd()) events.push_back(PCG_TRY(readEvent(reader)));
    return events;
}

}  // namespace pcg::controlplane
