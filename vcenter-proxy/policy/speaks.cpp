// SPDX-License-Identifier: Apache-2.0
// What a rule is about.
#include "vcenter-proxy/policy/decide.h"
#include "vcenter-proxy/policy/match.h"

#include <algorithm>

namespace pcg::policy {
namespace {

Speaks speaks(const ObjectSelector& selector, const Ask& ask) {
    if (!selector.id.empty()) {
        if (selector.id != ask.object_id) return Speaks::No;
        return selector.type == ask.object_type ? Speaks::Yes : Speaks::InDoubt;
    }
    switch (likenessOf(ask.object_id, ask.object_type, selector.type)) {
        case Likeness::No:
            return Speaks::No;
        case Likeness::InDoubt:
            return Speaks::InDoubt;
        case Likeness::Yes:
            break;
    }
    return Speaks::Yes;
}

Speaks speaks(const PathSelector& selector, const Ask& ask) {
    // HEAD sees no more than GET does.
    const auto method = ask.method == "HEAD" ? std::string_view("GET") : ask.method;
    // A POST of the action "delete" may be a DELETE at /rest.
    const bool deletes =
        ask.door == Door::Rest && selector.method == "DELETE" && ask.op == "delete";
    if (selector.method != "*" && selector.method != method && !deletes) return Speaks::No;
    const bool same = pathMatches(selector.path, ask.path);
    if (!same && ask.door == Door::Rest && pathMatchesAnyCase(selector.path, ask.path))
        return Speaks::InDoubt;
    if (!same) return Speaks::No;
    if (ask.door == Door::Files || selector.op == "*" || selector.op == ask.op) return Speaks::Yes;
    // A vCenter may pass over an action that it does not know, and do what it does without.
    return ask.door == Door::Rest && selector.op.empty() ? Speaks::InDoubt : Speaks::No;
}

bool isAmong(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return globMatches(pattern, text);
    });
}

// What is surest of what the selectors say.
template <class Selector>
Speaks surestOf(const std::vector<Selector>& selectors, const Ask& ask) {
    auto surest = Speaks::No;
    for (const auto& one : selectors) surest = std::max(surest, speaks(one, ask));
    return surest;
}

bool limits(const Rule& rule) { return rule.deny || !rule.where.empty() || !rule.when.empty(); }

}  // namespace

Speaks speaksOf(const Rule& rule, const Ask& ask) {
    if (rule.door != ask.door) return Speaks::No;
    auto surest = Speaks::Yes;
    if (rule.door != Door::Soap) {
        surest = surestOf(rule.paths, ask);
    } else if (!isAmong(rule.methods, ask.method)) {
        surest = Speaks::No;
    } else if (!rule.objects.empty()) {
        surest = surestOf(rule.objects, ask);
    }
    return surest == Speaks::InDoubt && !limits(rule) ? Speaks::No : surest;
}

}  // namespace pcg::policy
