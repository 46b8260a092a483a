// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/decide.h"

#include "vcenter-proxy/policy/match.h"

#include <algorithm>
#include <array>

namespace pcg::policy {
namespace {

constexpr std::array<std::string_view, 5> kAlways{
    "Login", "Logout", "CurrentTime", "SessionIsActive", "RetrieveServiceContent"};

// Calls that put something into a folder, or onto a datastore, and must say where.
constexpr std::array<std::string_view, 7> kIntoFolder{"CloneVM_Task",
                                                      "CreateFolder",
                                                      "CreateVM_Task",
                                                      "ImportVApp",
                                                      "InstantClone_Task",
                                                      "MoveIntoFolder_Task",
                                                      "RegisterVM_Task"};
constexpr std::array<std::string_view, 4> kOntoDatastore{
    "CloneVM_Task", "CreateVM_Task", "InstantClone_Task", "RegisterVM_Task"};

template <std::size_t N>
bool isOneOf(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool matchesAny(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return globMatches(pattern, text);
    });
}

// The reason why it does not hold; empty if it does.
using Doubt = std::string;

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 80)) + "\""; }

struct Placement {
    Kind kind;
    std::string_view word;
    const std::vector<std::string>& allowed;
    bool needed = false;
};

// One look at the arguments of a SOAP call.
class Looking {
  public:
    Looking(const Ask& ask, const Circumstances& circumstances)
        : ask_(ask), arguments_(*ask.arguments), circumstances_(circumstances) {}

    Doubt at(const Where& where) const;

  private:
    Doubt placed(const Placement& placement) const;
    Doubt named(const Where& where) const;
    Doubt own() const;

    Reference subject() const {
        return {"_this", std::string(ask_.object_type), std::string(ask_.object_id)};
    }

    const Ask& ask_;
    const Arguments& arguments_;
    const Circumstances& circumstances_;
};

Doubt Looking::placed(const Placement& placement) const {
    if (placement.allowed.empty()) return {};
    bool seen = false;
    Doubt doubt;
    const auto look = [&](std::string_view id) {
        seen = true;
        if (doubt.empty() && !matchesAny(placement.allowed, id)) {
            doubt =
                std::string(placement.word) + " " + quoted(id) + " is not among those of the rule";
        }
    };
    if (const auto one = subject(); mayBe(one, placement.kind)) look(one.id);
    for (const auto& reference : arguments_.references) {
        if (mayBe(reference, placement.kind)) look(reference.id);
    }
    if (placement.kind == Kind::Datastore) {
        for (const auto& name : arguments_.datastores) look(name);
    }
    if (placement.kind == Kind::Network) {
        for (const auto& name : arguments_.networks) look(name);
    }
    if (placement.kind == Kind::Datacenter) {
        for (const auto& name : arguments_.datacenters) look(name);
    }
    if (!seen && placement.needed) {
        return "it names no " + std::string(placement.word) + ", and the rule asks for one";
    }
    return doubt;
}

Doubt Looking::named(const Where& where) const {
    if (where.limits_extra_config) {
        for (const auto& setting : arguments_.extra_config) {
            if (!matchesAny(where.extra_config, setting.key))
                return "the key " + quoted(setting.key) +
                       " of extraConfig is not among those of the rule";
        }
    }
    if (where.names.empty()) return {};
    if (arguments_.names.empty()) return "it gives no name, and the rule asks for one";
    for (const auto& name : arguments_.names) {
        if (!matchesAny(where.names, name))
            return "the name " + quoted(name) + " is not one of the rule's";
    }
    return {};
}

Doubt Looking::own() const {
    bool seen = false;
    const auto isOther = [&](const Reference& one) {
        if (!mayBe(one, Kind::Machine)) return false;
        seen = true;
        return circumstances_.owns == nullptr || !(*circumstances_.owns)(one.id);
    };
    const auto doubtful = [](std::string_view id) {
        return quoted(id) + " was not made through this gateway by this access key";
    };
    if (const auto one = subject(); isOther(one)) return doubtful(one.id);
    for (const auto& one : arguments_.references) {
        if (isOther(one)) return doubtful(one.id);
    }
    return seen ? Doubt() : "it names no virtual machine, and the rule is for one's own";
}

Doubt Looking::at(const Where& where) const {
    if (arguments_.elsewhere) return "it goes to another vCenter, of which the rule says nothing";
    if (arguments_.overfull) return "it names more than the gateway looks at, or in an odd form";
    // The name of a datastore is one only within a data center.
    const bool by_name = !arguments_.datastores.empty();
    for (const Placement& placement :
         {Placement{Kind::Datacenter, "data center", where.datacenters, by_name},
          Placement{Kind::Folder, "folder", where.folders, isOneOf(kIntoFolder, ask_.method)},
          Placement{
              Kind::Datastore, "datastore", where.datastores, isOneOf(kOntoDatastore, ask_.method)},
          Placement{Kind::Network, "network", where.networks},
          Placement{Kind::Pool, "resource pool", where.pools},
          Placement{Kind::Host, "host", where.hosts}}) {
        if (auto doubt = placed(placement); !doubt.empty()) return doubt;
    }
    if (auto doubt = named(where); !doubt.empty()) return doubt;
    return where.own_vms ? own() : Doubt();
}

// Each field that the rule names must stand where the endpoint looks for it, and fit wherever it
// stands.
Doubt fieldsDoubt(const Ask& ask, const Where& where) {
    if (ask.door == Door::Files && !where.datastores.empty() &&
        !matchesAny(where.datastores, ask.datastore)) {
        return "datastore " + quoted(ask.datastore) + " is not among those of the rule";
    }
    if (ask.door == Door::Files && !where.datacenters.empty() &&
        !matchesAny(where.datacenters, ask.datacenter)) {
        return ask.datacenter.empty()
                   ? std::string("it names no data center, and the rule asks for one")
                   : "data center " + quoted(ask.datacenter) + " is not among those of the rule";
    }
    for (const auto& [name, patterns] : where.fields) {
        bool seen = false;
        for (const auto* fields : {ask.fields, ask.unread_fields}) {
            if (fields == nullptr) continue;
            for (const auto& [given, value] : *fields) {
                if (given != name) continue;
                seen = seen || fields == ask.fields;
                if (!matchesAny(patterns, value))
                    return "the field " + quoted(name) + " is not one of the rule's";
            }
        }
        if (!seen) return "the field " + quoted(name) + " is missing, and the rule asks for it";
    }
    return {};
}

// Of a rule whose conditions would hold or not, if it were sure that it is about this.
std::string doubtOf(const Ask& ask) {
    if (ask.door == Door::Rest)
        return "the rule may be about it: only the action, or the case of its path, is another";
    return "the rule may be about it: " + quoted(ask.object_id) + " is called " +
           quoted(ask.object_type);
}

bool isOpenNow(const Rule& rule, WallTime now) {
    return rule.when.empty() ||
           std::any_of(rule.when.begin(), rule.when.end(), [&](const Window* window) {
               return window->isOpen(now);
           });
}

std::string namesOf(const std::vector<const Window*>& windows) {
    std::string names;
    for (const auto* window : windows) names += (names.empty() ? "" : ", ") + window->name;
    return names;
}

bool asksForOwn(const Rule& rule) {
    return std::any_of(
        rule.where.begin(), rule.where.end(), [](const Where& one) { return one.own_vms; });
}

// The conditions of an allowing rule.
void judge(const Rule& rule, const Ask& ask, const Circumstances& now, Decision& decision) {
    decision.kind = Decision::Kind::Refused;
    if (!isOpenNow(rule, now.now)) {
        decision.why = "it is not the time: " + namesOf(rule.when);
        return;
    }
    if (ask.door == Door::Soap && !rule.where.empty()) {
        if (ask.arguments == nullptr) {
            decision.kind = Decision::Kind::NeedsArguments;
            return;
        }
        if (now.owns == nullptr && asksForOwn(rule)) {
            decision.kind = Decision::Kind::NeedsOwnership;
            decision.why = "whose machine it is is not known";
            return;
        }
    }
    Doubt first;
    for (const auto& where : rule.where) {
        auto doubt = ask.door == Door::Soap ? Looking(ask, now).at(where) : fieldsDoubt(ask, where);
        if (doubt.empty()) {
            first.clear();
            break;
        }
        if (first.empty()) first = std::move(doubt);
    }
    decision.why = std::move(first);
    if (decision.why.empty()) decision.kind = Decision::Kind::Allowed;
}

}  // namespace

bool Window::isOpen(WallTime now) const {
    using namespace std::chrono;
    const auto local = floor<minutes>(now + zone->offsetAt(now));
    const auto day = floor<std::chrono::days>(local);
    const int minute = static_cast<int>((local - day).count());
    const auto index = [](auto when) { return weekday(sys_days(when)).iso_encoding() - 1; };
    const auto today = index(day);
    const auto yesterday = (today + 6) % 7;
    if (from < to) return days.test(today) && minute >= from && minute < to;
    return (days.test(today) && minute >= from) || (days.test(yesterday) && minute < to);
}

std::string Rule::label() const {
    return "rule " + std::to_string(number) + (name.empty() ? "" : " '" + name + "'") + " (line " +
           std::to_string(at.line) + ")";
}

const EndpointLimits* Policy::limitsOf(std::string_view endpoint) const {
    const auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const auto& one) {
        return one.endpoint == endpoint;
    });
    return found == endpoints.end() ? nullptr : &*found;
}

Role* Policy::roleNamed(std::string_view name) const {
    const auto found = std::find_if(
        roles.begin(), roles.end(), [&](const auto& one) { return one->name == name; });
    return found == roles.end() ? nullptr : found->get();
}

std::optional<TimeLimit> TimeLimit::of(const Decision& decision,
                                       std::shared_ptr<const Policy> policy) {
    TimeLimit limit;
    if (decision.rule != nullptr && !decision.rule->when.empty()) limit.rule_ = decision.rule;
    limit.refusing_ = decision.passed_over;
    if (limit.rule_ == nullptr && limit.refusing_.empty()) return std::nullopt;
    limit.policy_ = std::move(policy);
    return limit;
}

const Rule* TimeLimit::endedBy(WallTime now) const {
    const auto opened = std::find_if(
        refusing_.begin(), refusing_.end(), [&](const Rule* one) { return isOpenNow(*one, now); });
    if (opened != refusing_.end()) return *opened;
    return rule_ != nullptr && !isOpenNow(*rule_, now) ? rule_ : nullptr;
}

std::string Decision::decidedBy() const {
    if (!missing_role.empty()) return "role " + missing_role + " of this access key";
    if (role == nullptr) {
        return "role " + std::string(builtin ? builtinName(*builtin) : "") + " (built in)";
    }
    const auto text = "role " + role->name;
    if (rule != nullptr) return text + ", " + rule->label();
    if (builtin) return text + ", which extends " + std::string(builtinName(*builtin));
    return text + ", of which no rule speaks of it";
}

bool isAlwaysOpen(const Ask& ask) { return ask.door == Door::Soap && isOneOf(kAlways, ask.method); }

RoleOf roleOf(const Policy& policy, const Asker& asker) {
    for (const auto& one : policy.assign) {
        // A key that was made with a role of the file has none of the built-in ones.
        const bool same_role =
            !one.key_role || (asker.role.empty() && *one.key_role == asker.key_role);
        const bool fits = (one.endpoint.empty() || one.endpoint == asker.endpoint) &&
                          (one.key.empty() || one.key == asker.key) && same_role;
        if (!fits) continue;
        return {one.role, one.builtin.value_or(Builtin::Inventory), &one};
    }
    if (asker.role.empty()) return {nullptr, asker.key_role, nullptr};
    const auto* own = policy.roleNamed(asker.role);
    return {own, Builtin::Inventory, nullptr, own == nullptr};
}

std::optional<Builtin> baseOf(const Policy& policy, const Asker& asker) {
    const auto given = roleOf(policy, asker);
    if (given.missing) return std::nullopt;
    std::optional<Builtin> base;
    if (given.role == nullptr) base = given.builtin;
    for (const auto* role = given.role; role != nullptr; role = role->extends)
        base = role->extends_builtin;
    const auto* limits = policy.limitsOf(asker.endpoint);
    if (base && limits != nullptr) base = std::min(*base, limits->ceiling);
    return base;
}

Decision decide(const Policy& policy,
                const Asker& asker,
                const Ask& ask,
                const HasBuiltin& has,
                const Circumstances& circumstances) {
    const auto* limits = policy.limitsOf(asker.endpoint);
    const auto ceiling = limits == nullptr ? Builtin::Full : limits->ceiling;
    const auto given = roleOf(policy, asker);
    Decision decision;
    decision.role = given.role;
    if (given.missing) decision.missing_role = asker.role;
    if (given.role == nullptr && !given.missing)
        decision.builtin = std::min(given.builtin, ceiling);
    if (isAlwaysOpen(ask)) {
        decision.kind = Decision::Kind::Allowed;
        return decision;
    }
    const auto refuse = [&](std::string why) {
        decision.kind = Decision::Kind::Refused;
        decision.why = std::move(why);
        return decision;
    };
    if (given.missing) return refuse("the policy file has no such role");
    const auto word = ask.door == Door::Soap ? ask.method : ask.op;
    if (limits != nullptr && !word.empty() && matchesAny(limits->deny, word)) {
        return refuse(std::string(word) + " is switched off for this endpoint");
    }
    // Whatever a file says, what the role full lacks is for nobody.
    if (given.role != nullptr && !has(ceiling)) {
        return refuse(ceiling == Builtin::Full
                          ? std::string("it is never open through the gateway")
                          : "this endpoint's ceiling is " + std::string(builtinName(ceiling)));
    }
    for (const auto* role = given.role; role != nullptr; role = role->extends) {
        decision.role = role;
        for (const auto& rule : role->rules) {
            const auto speaks = speaksOf(rule, ask);
            if (speaks == Speaks::No) continue;
            if (rule.deny && !isOpenNow(rule, circumstances.now)) {
                decision.passed_over.push_back(&rule);
                continue;
            }
            decision.rule = &rule;
            if (rule.deny) return refuse("the rule refuses it");
            if (speaks == Speaks::InDoubt) return refuse(doubtOf(ask));
            judge(rule, ask, circumstances, decision);
            return decision;
        }
        decision.builtin = role->extends_builtin;
    }
    if (!decision.builtin) return refuse("no rule allows it");
    if (!has(*decision.builtin)) {
        return refuse("it is not open to the role '" + std::string(builtinName(*decision.builtin)) +
                      "'");
    }
    decision.kind = Decision::Kind::Allowed;
    return decision;
}

}  // namespace pcg::policy
