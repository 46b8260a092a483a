// SPDX-License-Identifier: Apache-2.0
// The audit is a chain: each line carries a digest of itself and of everything before it, so that a
// line that is changed, taken out or put in makes the chain break there. Events and calls are a
// chain each, because they are kept for as long as there is room for their kind.
//
// chain(n) = SHA-256(0x02 || chain(n-1) || n as 8 octets || SHA-256(line n)), where line is its
// time, event and data, each with its length before it (4 octets), and chain(0) is 32 zeros.
// Whoever can write the database could compute the chain anew; what he cannot change is a head,
// place and digest, that somebody else keeps: the control plane does (docs/protocol/audit.md), and
// an admin may. Storage thread, but for the pure functions.
#pragma once

#include "common/codec/json.h"
#include "common/crypto/digest.h"
#include "gateway/state/state_store.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcg::gateway {

// Event: somebody administered something, or the gateway says something of itself. Call: what
// anybody can cause as often as he likes.
enum class AuditKind { Event, Call };

inline constexpr std::array kAuditKinds{AuditKind::Event, AuditKind::Call};

std::string_view nameOf(AuditKind kind);  // "events", "calls"
std::optional<AuditKind> auditKindOf(std::string_view name);

// How far a chain goes. Place 0: it has no line yet.
struct AuditHead {
    std::uint64_t place = 0;
    crypto::Digest256 chain{};

    friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

using AuditHeads = std::array<AuditHead, kAuditKinds.size()>;  // by AuditKind

struct AuditLine {
    std::string_view at;
    std::string_view event;
    std::string_view data;
};

AuditHead after(const AuditHead& head, const AuditLine& line);

codec::json::Object toJson(const AuditHeads& heads);  // {"events":{"place","chain"},"calls":{...}}

Result<AuditHead> auditHead(store::Database& database, AuditKind kind);
Result<AuditHeads> auditHeads(Storage storage);

// Appends, and answers the new head. Inside a transaction.
Result<AuditHead> appendAudit(store::Database& database,
                              AuditKind kind,
                              const AuditHead& head,
                              const AuditLine& line);

// Keeps the newest `rows` of a kind; remembers where the chain begins now. Inside a transaction.
Result<> cutAudit(store::Database& database, AuditKind kind, std::int64_t rows);

// A head that somebody kept.
struct KeptHead {
    AuditKind kind = AuditKind::Event;
    AuditHead head;
};

// Lines of "KIND PLACE DIGEST", as `pcg gateways audit-heads` and `pcgctl audit heads` write them;
// a heading, further columns, empty lines and what follows a # are skipped. gateway.bad_field names
// the line.
Result<std::vector<KeptHead>> parseKeptHeads(std::string_view text);

inline constexpr std::size_t kMaxKeptHeads = 4096;

// Reads the chains from where they begin to their heads, some rows at a step, so that the storage
// thread serves others in between.
class AuditCheck {
  public:
    explicit AuditCheck(std::vector<KeptHead> kept);

    // False: it is done.
    Result<bool> step(store::Database& database, std::size_t rows);

    struct Chain {
        std::uint64_t first = 0;      // the first place that was read; 0: none
        AuditHead head;               // as far as it holds
        std::uint64_t unchained = 0;  // lines of a version that had no chain
        std::size_t matched = 0;      // kept heads that are in it
        std::size_t tooOld = 0;       // kept heads of lines that left meanwhile
        std::string finding;          // a sentence; empty: intact
    };

    bool isIntact() const;

    const Chain& chain(AuditKind kind) const { return chains_.at(static_cast<std::size_t>(kind)); }

  private:
    Result<> begin(store::Database& database, Chain& chain);
    Result<bool> wasCutMeanwhile(store::Database& database) const;
    void read(const store::Row& row, Chain& chain);
    void compare(Chain& chain);
    void end(Chain& chain);

    std::vector<KeptHead> kept_;  // by kind and place
    std::size_t next_ = 0;        // the first of them that was not compared
    std::array<Chain, kAuditKinds.size()> chains_;
    std::size_t kind_ = 0;
    bool isBegun_ = false;
    std::int64_t cutAt_ = 0;  // where the chain began
    int begun_ = 0;           // how often this chain was
    std::int64_t seq_ = 0;    // of the row that was read last
};

// {"intact","events":{...},"calls":{...}}
codec::json::Object toJson(const AuditCheck& check);

}  // namespace pcg::gateway
