// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/members.h"
#include "vcenter-proxy/policy/reader.h"

namespace pcg::policy::detail {
namespace {

void readExtends(Context& context, const Node& node, const Policy& policy, Role& role) {
    const auto name = textOf(context, node, "extends");
    if (name.empty()) return;
    role.extends_builtin = parseBuiltin(name);
    if (role.extends_builtin) return;
    role.extends = policy.roleNamed(name);
    if (role.extends == nullptr)
        context.problems.error(node.at, unknownRole(context, policy, name));
}

void checkLoops(Context& context, const Policy& policy) {
    for (const auto& role : policy.roles) {
        std::size_t steps = 0;
        const Role* at = role.get();
        while (at != nullptr && steps <= kMaxRoles) {
            at = at->extends;
            ++steps;
        }
        if (at == nullptr) continue;
        context.problems.error(role->at, "the role \"" + role->name + "\" extends itself");
        return;
    }
}

void readWhen(Context& context, const Node& node, const Policy& policy, Rule& rule) {
    for (const auto& word : wordsOf(context, node, "when")) {
        std::vector<std::string> names;
        const Window* found = nullptr;
        for (const auto& window : policy.windows) {
            names.push_back(window->name);
            if (window->name == word.text) found = window.get();
        }
        if (found != nullptr) {
            rule.when.push_back(found);
            continue;
        }
        context.problems.error(word.at,
                               "there is no window \"" + word.text + "\" in \"windows\"." +
                                   meant(context, word.text, names));
    }
}

void readRule(Context& context, const Node& node, const Policy& policy, Role& role) {
    const auto* object = objectOf(context, node, "rules");
    if (object == nullptr) return;
    checkMembers(context, *object, members::kRule);
    Rule rule;
    rule.at = node.at;
    rule.number = role.rules.size() + 1;
    if (const auto* name = find(*object, "name")) rule.name = textOf(context, *name, "name");
    if (const auto* effect = find(*object, "effect")) {
        const auto word = textOf(context, *effect, "effect");
        rule.deny = word == "deny";
        if (word != "deny" && word != "allow" && !word.empty()) {
            context.problems.error(
                effect->at,
                "\"effect\" is allow or deny." + meant(context, word, {"allow", "deny"}));
        }
    }
    readSelector(context, *object, rule);
    if (const auto* where = find(*object, "where")) readWhere(context, *where, rule);
    if (const auto* when = find(*object, "when")) readWhen(context, *when, policy, rule);
    role.rules.push_back(std::move(rule));
}

void readRole(Context& context, const Node& node, const Policy& policy, Role& role) {
    const auto* object = objectOf(context, node, role.name);
    if (object == nullptr) return;
    checkMembers(context, *object, members::kRole);
    if (const auto* text = find(*object, "description"))
        role.description = textOf(context, *text, "description");
    if (const auto* base = find(*object, "extends")) readExtends(context, *base, policy, role);
    const auto* rules = find(*object, "rules");
    if (rules == nullptr) {
        if (!role.extends_builtin && role.extends == nullptr)
            context.problems.warn(role.at, "the role \"" + role.name + "\" allows nothing");
        return;
    }
    const auto* list = rules->array();
    if (list == nullptr || list->size() > kMaxRules) {
        context.problems.error(rules->at, "\"rules\" must be a list, of 100 rules at most");
        return;
    }
    role.rules.reserve(list->size());
    for (const auto& one : *list) readRule(context, one, policy, role);
    std::size_t patterns = 0;
    for (const auto& rule : role.rules)
        patterns += rule.methods.size() + rule.paths.size() + rule.objects.size();
    if (patterns > kMaxPatternsOfRole) {
        context.problems.error(rules->at,
                               "a role may name 2000 methods, paths and objects at most");
    }
}

}  // namespace

void readRoles(Context& context, const Node& node, Policy& policy) {
    const auto* object = objectOf(context, node, "roles");
    if (object == nullptr) return;
    if (object->size() > kMaxRoles) {
        context.problems.error(node.at, "there may be 64 roles at most");
        return;
    }
    for (const auto& member : *object) {
        if (!isName(member.name)) {
            context.problems.error(member.at, "a role's name has a-z, 0-9, - and _ only");
        }
        if (parseBuiltin(member.name)) {
            context.problems.error(member.at,
                                   "\"" + member.name +
                                       "\" is built in; give yours another name and let it extend "
                                       "that one");
        }
        auto role = std::make_unique<Role>();
        role->name = member.name;
        role->at = member.at;
        policy.roles.push_back(std::move(role));
    }
    for (const auto& member : *object)
        readRole(context, member.value, policy, *policy.roleNamed(member.name));
    checkLoops(context, policy);
    if (context.problems.failed()) return;
    for (const auto& role : policy.roles) checkRules(context, *role);
}

}  // namespace pcg::policy::detail
