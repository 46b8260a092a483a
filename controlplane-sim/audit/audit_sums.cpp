// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_sums.h"

#include <algorithm>
#include <vector>

namespace pcg::controlplane {
namespace {

namespace json = codec::json;

constexpr std::size_t kMostNames = 200;
constexpr const char* kOthers = "(others)";

}  // namespace

void AuditSums::addTo(Sum& sum, const AuditEvent& event) {
    ++sum.count;
    ++sum.outcomes[static_cast<std::size_t>(event.outcome)];
    sum.durationMs += static_cast<std::uint64_t>(event.durationMs.value_or(0));
    sum.bytesUp += event.bytesUp;
    sum.bytesDown += event.bytesDown;
}

void AuditSums::addTo(Sums& sums, const std::string& key, const AuditEvent& event) {
    const bool isFull = sums.size() >= kMostNames && !sums.contains(key);
    auto& sum = sums[isFull ? kOthers : key];
    if (!isFull && !event.target.name.empty()) sum.name = event.target.name;
    addTo(sum, event);
}

void AuditSums::add(const AuditEvent& event) {
    addTo(all_, event);
    addTo(actions_, event.action, event);
    addTo(actors_, event.actor.name, event);
    if (event.target.kind == "endpoint") addTo(endpoints_, event.target.id, event);
}

json::Array AuditSums::listOf(const Sums& sums, std::string_view keyName) {
    std::vector<const Sums::value_type*> sorted;
    for (const auto& entry : sums) sorted.push_back(&entry);
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
        return a->second.count > b->second.count;
    });
    json::Array list;
    for (const auto* entry : sorted) {
        const auto& sum = entry->second;
        json::Object one;
        one.set(keyName, entry->first);
        if (keyName == "id") one.set("name", sum.name);
        one.set("count", json::Value::ofUnsigned(sum.count));
        for (std::size_t i = 0; i < sum.outcomes.size(); ++i)
            one.set(nameOf(static_cast<AuditOutcome>(i)), json::Value::ofUnsigned(sum.outcomes[i]));
        one.set("duration_ms", json::Value::ofUnsigned(sum.durationMs))
            .set("bytes_up", json::Value::ofUnsigned(sum.bytesUp))
            .set("bytes_down", json::Value::ofUnsigned(sum.bytesDown));
        list.push_back(std::move(one));
    }
    return list;
}

json::Object AuditSums::json() const {
    json::Object outcomes;
    for (std::size_t i = 0; i < all_.outcomes.size(); ++i)
        outcomes.set(nameOf(static_cast<AuditOutcome>(i)),
                     json::Value::ofUnsigned(all_.outcomes[i]));
    return json::Object()
        .set("rows", json::Value::ofUnsigned(all_.count))
        .set("by_outcome", std::move(outcomes))
        .set("by_action", listOf(actions_, "action"))
        .set("by_actor", listOf(actors_, "actor"))
        .set("by_endpoint", listOf(endpoints_, "id"));
}

}  // namespace pcg::controlplane
