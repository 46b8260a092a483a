// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/explain.h"

namespace pcg::policy {
namespace {

std::string roleLine(const Policy* policy, const Asker& asker) {
    const auto own = "the access key's own, " +
                     std::string(asker.role.empty() ? builtinName(asker.key_role) : asker.role);
    if (policy == nullptr) return own + "; there is no policy file";
    const auto given = roleOf(*policy, asker);
    if (given.assignment == nullptr) return own + "; no assignment means it";
    const auto name =
        given.role == nullptr ? std::string(builtinName(given.builtin)) : given.role->name;
    return name + ", by the assignment in line " + std::to_string(given.assignment->at.line);
}

Decision byRole(const Asker& asker, const HasBuiltin& has) {
    Decision decision;
    if (!asker.role.empty()) {
        decision.missing_role = asker.role;
        decision.why = "it is a role of the policy file, and there is none";
        return decision;
    }
    decision.builtin = asker.key_role;
    if (has(asker.key_role)) {
        decision.kind = Decision::Kind::Allowed;
    } else {
        decision.why =
            "it is not open to the role '" + std::string(builtinName(asker.key_role)) + "'";
    }
    return decision;
}

}  // namespace

Explanation explain(const Policy* policy,
                    const Switches& switches,
                    const Asker& asker,
                    const Ask& ask,
                    const HasBuiltin& has,
                    const Circumstances& circumstances) {
    Explanation explanation;
    const auto line = [&](std::string_view name, const std::string& text) {
        std::string title(name);
        title.resize(12, ' ');
        explanation.text += title + text + "\n";
    };
    auto decision =
        policy == nullptr ? byRole(asker, has) : decide(*policy, asker, ask, has, circumstances);
    if (isAlwaysOpen(ask)) decision.kind = Decision::Kind::Allowed;
    const bool reads = ask.door == Door::Files ? ask.isReading() : has(Builtin::Inventory);
    const bool stopped_by_read_only = switches.read_only && !reads && !isAlwaysOpen(ask);
    explanation.allowed = decision.isAllowed() && !stopped_by_read_only && !switches.paused;
    line("Answer:", explanation.allowed ? "allowed" : "refused");
    line("Request:", ask.toText());
    if (ask.arguments != nullptr && !ask.arguments->toText().empty())
        line("Arguments:", ask.arguments->toText());
    line("Role:", roleLine(policy, asker));
    line("Decided by:", isAlwaysOpen(ask) ? "every session needs this call" : decision.decidedBy());
    if (!decision.why.empty()) line("Because:", decision.why);
    if (switches.paused) line("Switch:", "all access is paused: nothing is let through");
    if (stopped_by_read_only) line("Switch:", "read-only is on, and this is no reading");
    return explanation;
}

}  // namespace pcg::policy
