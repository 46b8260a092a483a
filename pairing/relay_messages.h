// SPDX-License-Identifier: Apache-2.0
// What the relay carries between the two roles, and what it says itself.
//
// The gateway's events: "claim" (by the relay, raw = claim_raw), "pake_a", "confirm_a", "fail" (by
// the tenant), "cancel" (by the relay, raw = Failure: the claim is over). The tenant's events:
// "pake_b", "confirm_b", "fail" (by the gateway), "status" (by the relay, raw = Status). The relay
// looks at claim_id, type, and the raw of "fail" only: after a gateway's fail with left > 0 the
// offer is LIVE again, with left = 0 it is BURNED. It numbers the events of a list from 1, for
// `after`.
#pragma once

#include "pairing/types.h"

#include <string>
#include <vector>

namespace pcg::pairing {

struct Envelope {
    ClaimId claimId{};
    std::int64_t seq = 0;  // per claim and sender, from 1; 0 when the relay is the sender
    std::string type;
    std::string raw;  // the exact inner bytes

    static Result<Envelope> parse(std::string_view json);
    std::string write() const;
};

struct Event {
    std::int64_t number = 0;  // for `after`
    Envelope envelope;
};

struct EventList {
    std::vector<Event> events;

    static Result<EventList> parse(std::string_view json);
    std::string write() const;
};

inline constexpr std::size_t kMaxEvents = 16;
inline constexpr ByteCount kMaxEventListBytes = kMaxEvents * 2 * kMaxMessageBytes;

// Types "fail" and "cancel". `left`: attempts left with this code, when the gateway says it.
struct Failure {
    std::string
        code;  // bad_code, rejected, console_timeout, tenant_not_expected, cancelled, expired, ...
    int left = 0;
    static Result<Failure> parse(std::string_view raw);
    std::string write() const;
};

// Type "status": how far the enrollment is, told by the relay to the tenant.
struct Status {
    std::string state;  // gateway_accepted | issued | active | closed
    std::string code;   // when closed: expired, rejected, mismatch, ...
    static Result<Status> parse(std::string_view raw);
    std::string write() const;
};

}  // namespace pcg::pairing
