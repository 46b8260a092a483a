// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/learner.h"

#include "common/codec/json.h"
#include "vcenter-proxy/policy/match.h"

#include <algorithm>
#include <set>

namespace pcg::policy {
namespace {

using Words = std::set<std::string>;

std::string keyOf(const Asker& asker, const OwnedAsk& ask) {
    return std::string(asker.endpoint) + "\n" + std::string(asker.key) + "\n" +
           std::string(doorName(ask.door)) + "\n" + ask.toText();
}

std::string quoted(const std::string& text) { return codec::json::write(codec::json::Value(text)); }

std::string listOf(const Words& words) {
    std::string list;
    for (const auto& word : words) list += (list.empty() ? "" : ", ") + quoted(word);
    return "[" + list + "]";
}

// What the calls of one method named.
struct MethodSeen {
    Words types;
    Words datacenters, folders, datastores, networks, extra_config;

    bool hasWhere() const {
        return !datacenters.empty() || !folders.empty() || !datastores.empty() ||
               !networks.empty() || !extra_config.empty();
    }
};

bool holdsStar(const std::string& text) { return text.find('*') != std::string::npos; }

void addSoap(MethodSeen& seen, const OwnedAsk& ask) {
    if (!ask.object_type.empty()) seen.types.insert(ask.object_type);
    auto references = ask.arguments.references;
    references.push_back({"_this", ask.object_type, ask.object_id});
    const auto add = [](Words& words, const std::string& word) {
        // A star in a name would become a pattern.
        if (!word.empty() && !holdsStar(word)) words.insert(word);
    };
    for (const auto& one : references) {
        if (mayBe(one, Kind::Datacenter)) add(seen.datacenters, one.id);
        if (mayBe(one, Kind::Folder)) add(seen.folders, one.id);
        if (mayBe(one, Kind::Datastore)) add(seen.datastores, one.id);
        if (mayBe(one, Kind::Network)) add(seen.networks, one.id);
    }
    for (const auto& name : ask.arguments.datacenters) add(seen.datacenters, name);
    for (const auto& name : ask.arguments.datastores) add(seen.datastores, name);
    for (const auto& name : ask.arguments.networks) add(seen.networks, name);
    for (const auto& setting : ask.arguments.extra_config) add(seen.extra_config, setting.key);
}

// Ids in a path of REST become one segment each.
std::string generalRest(const std::string& path) {
    std::string general;
    std::string segment;
    const auto flush = [&] {
        const bool digit = std::any_of(
            segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
        const bool id =
            digit && (segment.find_first_of("-:") != std::string::npos || segment.size() > 16);
        general += id ? "{}" : segment;
        segment.clear();
    };
    for (const char c : path) {
        if (c != '/') {
            segment += c;
            continue;
        }
        flush();
        general += c;
    }
    flush();
    return general;
}

// One role, line by line.
class RoleText {
  public:
    explicit RoleText(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

    void add(const OwnedAsk& ask);
    std::string rules() const;

  private:
    std::string soapRules() const;

    const Vocabulary& vocabulary_;
    std::map<std::string, MethodSeen> methods_;
    Words maas_;
    Words rest_;
    std::map<std::pair<std::string, std::string>, Words> files_;  // by data center and datastore
};

void RoleText::add(const OwnedAsk& ask) {
    // What would be a pattern was asked for by nobody who means it.
    if (ask.door != Door::Soap && ask.path.find_first_of("*{} ") != std::string::npos) return;
    if (holdsStar(ask.datastore) || holdsStar(ask.datacenter)) return;
    switch (ask.door) {
        case Door::Soap:
            if (!isAlwaysOpen(ask.view())) addSoap(methods_[ask.method], ask);
            return;
        case Door::Maas: {
            const auto door = std::find_if(
                vocabulary_.maas.begin(), vocabulary_.maas.end(), [&](const auto& one) {
                    return pathMatches(one.path, ask.path);
                });
            const auto path = door == vocabulary_.maas.end() ? ask.path : std::string(door->path);
            const auto method = ask.method == "HEAD" ? std::string("GET") : ask.method;
            maas_.insert(method + " " + path + (ask.op.empty() ? "" : " " + ask.op));
            return;
        }
        case Door::Rest:
            rest_.insert(ask.method + " " + generalRest(ask.path) +
                         (ask.op.empty() ? "" : " " + ask.op));
            return;
        case Door::Files: {
            const auto slash = ask.path.rfind('/');
            files_[{ask.datacenter, ask.datastore}].insert(
                ask.method + " " +
                (slash == std::string::npos ? "**" : ask.path.substr(0, slash + 1) + "**"));
            return;
        }
        case Door::Tunnel:
            return;  // no rule could say it
    }
}

std::string RoleText::soapRules() const {
    std::map<Words, Words> plain;  // methods by the types that they were asked of
    std::string text;
    for (const auto& [method, seen] : methods_) {
        if (!seen.hasWhere()) {
            plain[seen.types].insert(method);
            continue;
        }
        std::string where;
        const auto add = [&](std::string_view name, const Words& words) {
            if (!words.empty())
                where +=
                    (where.empty() ? "" : ", ") + quoted(std::string(name)) + ": " + listOf(words);
        };
        add("datacenters", seen.datacenters);
        add("folders", seen.folders);
        add("datastores", seen.datastores);
        add("networks", seen.networks);
        where += (where.empty() ? "" : ", ") + std::string("\"extra_config\": ") +
                 listOf(seen.extra_config);
        text += ",\n        { \"soap\": [" + quoted(method) + "]" +
                (seen.types.empty() ? "" : ", \"on\": " + listOf(seen.types)) +
                ",\n          \"where\": { " + where + " } }";
    }
    for (const auto& [types, methods] : plain) {
        text += ",\n        { \"soap\": " + listOf(methods) +
                (types.empty() ? "" : ", \"on\": " + listOf(types)) + " }";
    }
    return text;
}

std::string RoleText::rules() const {
    std::string text = soapRules();
    if (!maas_.empty()) text += ",\n        { \"maas\": " + listOf(maas_) + " }";
    if (!rest_.empty()) text += ",\n        { \"rest\": " + listOf(rest_) + " }";
    for (const auto& [place, paths] : files_) {
        std::string where;
        if (!place.first.empty()) where = "\"datacenters\": [" + quoted(place.first) + "]";
        if (!place.second.empty())
            where += (where.empty() ? "" : ", ") + std::string("\"datastores\": [") +
                     quoted(place.second) + "]";
        text += ",\n        { \"files\": " + listOf(paths) +
                (where.empty() ? "" : ", \"where\": { " + where + " }") + " }";
    }
    return text.empty() ? text : text.substr(1);
}

}  // namespace

void Learner::observe(const Asker& asker, const Ask& ask, WallTime now) {
    ++requests_;
    auto kept = OwnedAsk::of(ask);
    auto key = keyOf(asker, kept);
    const auto found = observed_.find(key);
    if (found != observed_.end()) {
        ++found->second.count;
        found->second.last = now;
        return;
    }
    if (observed_.size() >= kMostKept || octets_ + key.size() > kMostOctets) {
        ++left_out_;
        return;
    }
    octets_ += key.size();
    observed_.emplace(std::move(key),
                      Observed{std::string(asker.endpoint),
                               std::string(asker.key),
                               asker.key_role,
                               std::move(kept),
                               1,
                               now,
                               now,
                               std::string(asker.role)});
}

void Learner::restore(Observed observed) {
    if (observed_.size() >= kMostKept) return;
    requests_ += observed.count;
    auto key = keyOf({observed.endpoint, observed.key, observed.key_role}, observed.ask);
    octets_ += key.size();
    observed_.insert_or_assign(std::move(key), std::move(observed));
}

void Learner::clear() {
    observed_.clear();
    octets_ = 0;
    requests_ = left_out_ = 0;
}

std::string Learner::write(const Vocabulary& vocabulary) const {
    std::map<std::pair<std::string, std::string>, RoleText> roles;
    for (const auto& [text, one] : observed_)
        roles.try_emplace({one.endpoint, one.key}, vocabulary).first->second.add(one.ask);
    std::string text = "// Written from " + std::to_string(requests_) + " requests of " +
                       std::to_string(observed_.size()) +
                       " kinds. Read it before you use it: it allows what was asked, not what was\n"
                       "// meant.\n{\n  \"version\": 1,\n  \"roles\": {";
    std::string assign;
    int number = 0;
    for (const auto& [who, role] : roles) {
        const auto name = "learned-" + std::to_string(++number);
        text += std::string(number > 1 ? "," : "") + "\n    " + quoted(name) +
                ": {\n      \"rules\": [" + role.rules() + "\n      ]\n    }";
        assign += std::string(number > 1 ? "," : "") +
                  "\n    { \"endpoint\": " + quoted(who.first) +
                  ", \"key\": " + quoted(who.second) + ", \"role\": " + quoted(name) + " }";
    }
    return text + "\n  },\n  \"assign\": [" + assign + "\n  ]\n}\n";
}

std::vector<Trial> Learner::refusedBy(const Policy& candidate,
                                      const Has& has,
                                      const Owns& owns) const {
    std::vector<Trial> refused;
    for (const auto& [key, one] : observed_) {
        const auto ask = one.ask.view();
        const OwnsMachine owned = [&](std::string_view id) { return owns(one, id); };
        const auto at = [&](WallTime now) {
            return decide(candidate,
                          {one.endpoint, one.key, one.key_role, one.role},
                          ask,
                          [&](Builtin role) { return has(role, ask); },
                          {now, &owned});
        };
        auto first = at(one.first);
        if (!first.isAllowed()) {
            refused.push_back({&one, std::move(first), false});
            continue;
        }
        auto last = at(one.last);
        if (!last.isAllowed()) refused.push_back({&one, std::move(last), true});
    }
    return refused;
}

}  // namespace pcg::policy
