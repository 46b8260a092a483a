// SPDX-License-Identifier: Apache-2.0
// What a row of the audit can be found by: its actor, action, target and outcome, and the words of
// its text. Pure functions.
#pragma once

#include "controlplane-sim/audit/audit_event.h"

#include <compare>
#include <vector>

namespace pcg::controlplane {

struct AuditTerm {
    std::string_view field;  // "audit.actor"; a literal
    std::string text;

    friend auto operator<=>(const AuditTerm&, const AuditTerm&) = default;
};

struct AuditFilter {
    std::optional<WallTime> from;  // inclusive
    std::optional<WallTime> to;    // exclusive
    std::string actor;             // a name; all of these: empty for any
    std::string action;
    std::string target;  // an id or a name
    std::optional<AuditOutcome> outcome;
    std::vector<std::string> words;  // all of them; wordsOf() of what was typed
};

// Runs of letters and digits, lower case (ASCII), each once, at most `limit`.
std::vector<std::string> wordsOf(std::string_view text, std::size_t limit);

std::vector<AuditTerm> termsOf(const AuditEvent& event);

// The most selective that an index is asked for; matches() decides.
std::vector<AuditTerm> termsOf(const AuditFilter& filter);

bool matches(const AuditFilter& filter, const AuditEvent& event);

}  // namespace pcg::controlplane
