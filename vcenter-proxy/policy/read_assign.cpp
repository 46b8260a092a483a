// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "vcenter-proxy/policy/match.h"
#include "vcenter-proxy/policy/members.h"
#include "vcenter-proxy/policy/reader.h"

#include <algorithm>

namespace pcg::policy::detail {
namespace {

constexpr std::size_t kKeyLength = 29;

bool isBuiltin(Context& context,
               const Node& node,
               std::string_view what,
               std::optional<Builtin>& into) {
    const auto name = textOf(context, node, what);
    into = parseBuiltin(name);
    if (into || name.empty()) return into.has_value();
    context.problems.error(node.at,
                           "\"" + std::string(what) + "\" is inventory, deploy or full." +
                               meant(context, name, builtinNames()));
    return false;
}

void readAssignment(Context& context, const Node& node, Policy& policy) {
    const auto* object = objectOf(context, node, "assign");
    if (object == nullptr) return;
    checkMembers(context, *object, members::kAssignment);
    Assignment one;
    one.at = node.at;
    if (const auto* endpoint = find(*object, "endpoint"))
        one.endpoint = toLowerAscii(textOf(context, *endpoint, "endpoint"));
    if (const auto* key = find(*object, "key")) {
        one.key = textOf(context, *key, "key");
        if (!one.key.empty() && !one.key.starts_with("ak_")) {
            context.problems.error(key->at, "\"key\" is the id of an access key: ak_...");
        } else if (one.key.size() != kKeyLength) {
            context.problems.warn(key->at, "no access key has such an id: ak_ and 26 symbols");
        }
    }
    if (const auto* role = find(*object, "key_role"))
        isBuiltin(context, *role, "key_role", one.key_role);
    const auto* role = find(*object, "role");
    if (role == nullptr) {
        context.problems.error(node.at, "an assignment needs \"role\"");
        return;
    }
    const auto name = textOf(context, *role, "role");
    one.builtin = parseBuiltin(name);
    one.role = one.builtin ? nullptr : policy.roleNamed(name);
    if (!name.empty() && !one.builtin && one.role == nullptr) {
        context.problems.error(role->at, unknownRole(context, policy, name));
    }
    policy.assign.push_back(std::move(one));
}

// Whether everybody whom `b` means is already meant by `a`.
bool covers(const Assignment& a, const Assignment& b) {
    return (a.endpoint.empty() || a.endpoint == b.endpoint) && (a.key.empty() || a.key == b.key) &&
           (!a.key_role || a.key_role == b.key_role);
}

// What is misspelt here would be open.
void checkDenied(Context& context, const Word& word) {
    auto known = context.methods;
    for (const auto& door : context.vocabulary.maas) {
        for (const auto op : split(door.ops, ' ')) known.emplace_back(op);
    }
    const bool found = std::any_of(known.begin(), known.end(), [&](const std::string& one) {
        return globMatches(word.text, one);
    });
    if (found) return;
    context.problems.error(word.at,
                           "\"" + word.text +
                               "\" is no SOAP method and no operation of MAAS that the gateway "
                               "knows." +
                               meant(context, word.text, known));
}

}  // namespace

void readAssign(Context& context, const Node& node, Policy& policy) {
    const auto* list = node.array();
    if (list == nullptr || list->size() > 512) {
        context.problems.error(node.at, "\"assign\" must be a list, of 512 at most");
        return;
    }
    for (const auto& one : *list) readAssignment(context, one, policy);
}

void checkAssignments(Context& context, const Policy& policy) {
    const auto& list = policy.assign;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto before = std::find_if(list.begin(),
                                         list.begin() + static_cast<std::ptrdiff_t>(i),
                                         [&](const auto& one) { return covers(one, list[i]); });
        if (before == list.begin() + static_cast<std::ptrdiff_t>(i)) continue;
        context.problems.warn(list[i].at,
                              "this assignment is never reached: the one in line " +
                                  std::to_string(before->at.line) +
                                  " means the same keys, and more");
    }
    for (const auto& role : policy.roles) {
        const bool used =
            std::any_of(list.begin(),
                        list.end(),
                        [&](const Assignment& one) { return one.role == role.get(); }) ||
            std::any_of(policy.roles.begin(), policy.roles.end(), [&](const auto& one) {
                return one->extends == role.get();
            });
        if (!used)
            context.problems.warn(role->at,
                                  "no assignment gives the role \"" + role->name +
                                      "\": it is only for access keys that are made with it");
    }
}

// Names of endpoints are in small letters, however a person writes them.
void readEndpoints(Context& context, const Node& node, Policy& policy) {
    const auto* object = objectOf(context, node, "endpoints");
    if (object == nullptr) return;
    for (const auto& member : *object) {
        const auto* fields = objectOf(context, member.value, member.name);
        if (fields == nullptr) continue;
        checkMembers(context, *fields, members::kEndpoint);
        EndpointLimits limits;
        limits.endpoint = toLowerAscii(member.name);
        limits.at = member.at;
        if (policy.limitsOf(limits.endpoint) != nullptr) {
            context.problems.error(member.at,
                                   "\"" + member.name +
                                       "\" is there twice: names of endpoints differ by more than "
                                       "the case of their letters.");
        }
        std::optional<Builtin> ceiling;
        const auto* top = find(*fields, "ceiling");
        if (top != nullptr && isBuiltin(context, *top, "ceiling", ceiling))
            limits.ceiling = *ceiling;
        if (const auto* deny = find(*fields, "deny")) {
            for (auto& word : wordsOf(context, *deny, "deny")) {
                checkDenied(context, word);
                limits.deny.push_back(std::move(word.text));
            }
        }
        if (const auto* folder = find(*fields, "deploy_folder"))
            limits.deploy_folder = textOf(context, *folder, "deploy_folder");
        policy.endpoints.push_back(std::move(limits));
    }
}

}  // namespace pcg::policy::detail
