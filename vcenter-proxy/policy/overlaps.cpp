// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/match.h"
#include "vcenter-proxy/policy/reader.h"

#include <algorithm>

namespace pcg::policy::detail {
namespace {

bool covers(const ObjectSelector& wide, const ObjectSelector& narrow) {
    return (wide.type == narrow.type) && (wide.id.empty() || wide.id == narrow.id);
}

bool meet(const ObjectSelector& a, const ObjectSelector& b) {
    return a.type == b.type && (a.id.empty() || b.id.empty() || a.id == b.id);
}

bool methodFits(const PathSelector& wide, const PathSelector& narrow) {
    return wide.method == "*" || wide.method == narrow.method ||
           (wide.method == "GET" && narrow.method == "HEAD");
}

bool covers(const PathSelector& wide, const PathSelector& narrow) {
    return methodFits(wide, narrow) && (wide.op == "*" || wide.op == narrow.op) &&
           pathCovers(wide.path, narrow.path);
}

bool meet(const PathSelector& a, const PathSelector& b) {
    const bool ops = a.op == "*" || b.op == "*" || a.op == b.op;
    return (methodFits(a, b) || methodFits(b, a)) && ops && pathsMeet(a.path, b.path);
}

bool covers(const std::string& wide, const std::string& narrow) { return globCovers(wide, narrow); }

bool meet(const std::string& a, const std::string& b) { return globsMeet(a, b); }

template <class T>
bool allCovered(const std::vector<T>& wide, const std::vector<T>& narrow) {
    return std::all_of(narrow.begin(), narrow.end(), [&](const T& one) {
        return std::any_of(
            wide.begin(), wide.end(), [&](const T& other) { return covers(other, one); });
    });
}

template <class T>
const T* firstMeeting(const std::vector<T>& a, const std::vector<T>& b) {
    const auto found = std::find_if(b.begin(), b.end(), [&](const T& one) {
        return std::any_of(a.begin(), a.end(), [&](const T& other) { return meet(other, one); });
    });
    return found == b.end() ? nullptr : &*found;
}

// What a rule about paths keeps from those after it: one of REST that limits and names no action is
// about each (speaks.cpp).
std::vector<PathSelector> reachOf(const Rule& rule) {
    auto paths = rule.paths;
    const bool limits = rule.deny || !rule.where.empty() || !rule.when.empty();
    if (rule.door != Door::Rest || !limits) return paths;
    for (auto& one : paths) {
        if (one.op.empty()) one.op = "*";
    }
    return paths;
}

// Whether `first` decides about everything that `second` speaks of.
bool hides(const Rule& first, const Rule& second) {
    if (first.door != second.door) return false;
    if (first.deny && !first.when.empty()) return false;  // counts at times only
    if (first.door != Door::Soap) return allCovered(reachOf(first), second.paths);
    const bool objects = first.objects.empty() ||
                         (!second.objects.empty() && allCovered(first.objects, second.objects));
    return objects && allCovered(first.methods, second.methods);
}

// What both speak of, in words; empty if nothing.
std::string shared(const Rule& first, const Rule& second) {
    if (first.door != second.door) return {};
    if (first.door != Door::Soap) {
        const auto reach = reachOf(first);
        const auto* path = firstMeeting(reach, second.paths);
        return path == nullptr ? std::string() : path->method + " " + path->path;
    }
    const auto* method = firstMeeting(first.methods, second.methods);
    const bool objects = first.objects.empty() || second.objects.empty() ||
                         firstMeeting(first.objects, second.objects) != nullptr;
    return method == nullptr || !objects ? std::string() : *method;
}

}  // namespace

void checkRules(Context& context, const Role& role) {
    for (std::size_t i = 1; i < role.rules.size(); ++i) {
        const auto& rule = role.rules[i];
        for (std::size_t j = 0; j < i; ++j) {
            const auto& before = role.rules[j];
            if (hides(before, rule)) {
                context.problems.warn(rule.at,
                                      rule.label() + " is never reached: " + before.label() +
                                          " decides about all of it");
                break;
            }
            const auto both = shared(before, rule);
            // First what is special, then what is general: that is how it is meant to be.
            const bool usual = hides(rule, before);
            if (both.empty() || usual || (before.deny && !before.when.empty())) continue;
            context.problems.warn(rule.at,
                                  rule.label() + " overlaps " + before.label() +
                                      ": both speak of " + both + ", and " + before.label() +
                                      " decides about it");
            break;
        }
    }
}

}  // namespace pcg::policy::detail
