// SPDX-License-Identifier: Apache-2.0
#include "gateway/policy/learned_json.h"

#include "common/codec/json.h"
#include "vcenter-proxy/judge.h"

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr ByteCount kMostOctets = 16_MiB;
constexpr std::size_t kLongest = 64 * 1024;

json::Object jsonOf(const policy::Observed& one) {
    json::Object item;
    item.set("endpoint", one.endpoint)
        .set("key", one.key)
        .set("role", policy::builtinName(one.key_role))
        .set("request", one.ask.toText())
        .set("count", json::Value::ofUnsigned(one.count))
        .set("first_ms", toUnixMilliseconds(one.first))
        .set("last_ms", toUnixMilliseconds(one.last));
    if (!one.role.empty()) item.set("file_role", one.role);
    return item;
}

Result<policy::Observed> observedOf(const json::Object& item) {
    policy::Observed one;
    one.endpoint = PCG_TRY(item.string("endpoint", 256));
    one.key = PCG_TRY(item.string("key", 64));
    const auto role = proxy::parseRole(PCG_TRY(item.string("role", 32)));
    if (role) one.key_role = proxy::builtinOf(*role);
    one.role = PCG_TRY(item.optionalString("file_role", 64)).value_or("");
    const auto text = PCG_TRY(item.string("request", kLongest));
    one.ask = PCG_TRY(policy::OwnedAsk::parse(text));
    one.count = static_cast<std::uint64_t>(PCG_TRY(item.integer("count", 1)));
    one.first = fromUnixMilliseconds(PCG_TRY(item.integer("first_ms", 0)));
    one.last = fromUnixMilliseconds(PCG_TRY(item.integer("last_ms", 0)));
    return one;
}

}  // namespace

std::string learnedJson(const policy::Learner& learner) {
    json::Array items;
    for (const auto& [key, one] : learner.all()) items.emplace_back(jsonOf(one));
    return json::write(json::Value(std::move(items)));
}

void readLearned(std::string_view text, policy::Learner& into) {
    if (text.empty()) return;
    const auto value = json::parse(text, kMostOctets);
    const auto* items = value ? value->asArray() : nullptr;
    if (items == nullptr) return;
    for (const auto& item : *items) {
        const auto* object = item.asObject();
        if (object == nullptr) continue;
        auto one = observedOf(*object);
        if (one) into.restore(std::move(*one));
    }
}

}  // namespace pcg::gateway
