// SPDX-License-Identifier: Apache-2.0
#include "gateway/control/policy_api.h"

#include "common/crypto/digest.h"
#include "gateway/control/control_answer.h"
#include "gateway/control/control_json.h"
#include "gateway/errc.h"
#include "gateway/state/access_keys.h"
#include "vcenter-proxy/policy/explain.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr ByteCount kMaxBody = 1_MiB;  // a policy of 128 KiB, escaped
constexpr std::size_t kMaxText = policy::kMaxBytes;
constexpr std::size_t kMostShown = 500;

net::Task<void> answerDone(http::Exchange& exchange, Result<> done, json::Object body) {
    if (!done) co_await refuse(exchange, done.error());
    if (done) co_await answer(exchange, 200, std::move(body));
}

json::Array toJson(const std::vector<policy::Problem>& problems) {
    json::Array items;
    for (const auto& problem : problems) {
        json::Object item;
        item.set("line", problem.at.line)
            .set("column", problem.at.column)
            .set("gravity", problem.isError() ? "error" : "warning")
            .set("text", problem.text);
        items.emplace_back(std::move(item));
    }
    return items;
}

// The candidate of a request's body, or what is in force.
net::Task<Result<std::shared_ptr<const policy::Policy>>> candidateOf(
    std::optional<std::string> text, PolicyKeeper& keeper) {
    if (!text) co_return keeper.document();
    PCG_CO_TRY(auto reading, co_await keeper.read(std::move(*text)));
    if (reading.ok()) co_return std::move(reading.policy);
    co_return fail(errc::kBadPolicy, "The policy cannot be read.\n" + toText(reading.problems));
}

bool hasRole(policy::Builtin role, const policy::Ask& ask) {
    return proxy::builtinHas(proxy::roleOf(role), ask);
}

}  // namespace

void PolicyApi::addTo(http::Router& router) {
    const auto to = [this](net::Task<void> (PolicyApi::*method)(http::Exchange&, const Params&)) {
        return [this, method](http::Exchange& exchange, const Params& params) {
            return (this->*method)(exchange, params);
        };
    };
    router.add("GET", "/v1/policy", to(&PolicyApi::show))
        .add("PUT", "/v1/policy", to(&PolicyApi::set))
        .add("DELETE", "/v1/policy", to(&PolicyApi::remove))
        .add("PUT", "/v1/policy/read-only", to(&PolicyApi::setReadOnly))
        .add("PUT", "/v1/policy/learning", to(&PolicyApi::setLearning))
        .add("GET", "/v1/policy/learned", to(&PolicyApi::showLearned))
        .add("POST", "/v1/policy/explain", to(&PolicyApi::explain))
        .add("POST", "/v1/policy/dry-run", to(&PolicyApi::dryRun))
        .add("PUT", "/v1/pause", to(&PolicyApi::setPause));
}

json::Object PolicyApi::summary() const {
    const auto& keeper = ports_.keeper;
    const auto& stored = keeper.stored();
    json::Object body;
    body.set("file", stored.text.empty() ? "none" : keeper.isUnreadable() ? "unreadable" : "set");
    if (!stored.text.empty())
        body.set("set_at", stored.set_at).set("sha256", toHex(crypto::sha256(stored.text)));
    body.set("read_only", stored.read_only).set("paused", keeper.isPaused());
    if (stored.read_only) body.set("read_only_since", stored.read_only_since);
    if (stored.paused) body.set("paused_since", stored.paused_since).set("why", stored.paused_why);
    body.set("learning", stored.learning)
        .set("observed", json::Value::ofUnsigned(keeper.learner().requests()))
        .set("kinds", json::Value::ofUnsigned(keeper.learner().kinds()))
        .set("left_out", json::Value::ofUnsigned(keeper.learner().leftOut()));
    return body;
}

// Endpoints that the file names and this gateway does not have: most likely a typing error.
json::Array PolicyApi::strangers() const {
    json::Array unknown;
    const auto& document = ports_.keeper.document();
    if (!document) return unknown;
    std::vector<std::string> names;
    for (const auto& one : document->assign) names.push_back(one.endpoint);
    for (const auto& one : document->endpoints) names.push_back(one.endpoint);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    const auto views = ports_.endpoints.list();
    for (const auto& name : names) {
        const bool known = std::any_of(views.begin(), views.end(), [&](const EndpointView& view) {
            return view.record.name == name;
        });
        if (!name.empty() && !known) unknown.emplace_back(name);
    }
    return unknown;
}

// Nothing is open to them: most likely their role was taken out of the file.
net::Task<json::Array> PolicyApi::keysWithoutRole() {
    json::Array items;
    auto work = [](Storage storage) { return listAccessKeys(storage); };
    const auto keys = co_await ports_.state.run(std::move(work));
    if (!keys) co_return items;
    const auto document = ports_.keeper.document();
    for (const auto& key : *keys) {
        const bool known = document && document->roleNamed(key.fileRole) != nullptr;
        if (key.fileRole.empty() || key.revoked || known || items.size() >= kMostShown) continue;
        json::Object item;
        item.set("key", key.id.text()).set("role", key.fileRole);
        items.emplace_back(std::move(item));
    }
    co_return items;
}

net::Task<json::Object> PolicyApi::shown() {
    auto keys = co_await keysWithoutRole();
    auto body = summary();
    body.set("text", ports_.keeper.stored().text)
        .set("problems", toJson(ports_.keeper.problems()))
        .set("unknown_endpoints", strangers())
        .set("keys_without_role", std::move(keys));
    co_return body;
}

net::Task<void> PolicyApi::show(http::Exchange& exchange, const Params&) {
    auto body = co_await shown();
    co_await answer(exchange, 200, std::move(body));
}

net::Task<void> PolicyApi::set(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange, kMaxBody);
    auto text =
        body ? asField(body->string("text", kMaxText)) : Result<std::string>(fail(body.error()));
    if (!text) {
        co_await refuse(exchange, text.error());
        co_return;
    }
    auto done = co_await ports_.keeper.set(std::move(*text));
    auto now = co_await shown();
    co_await answerDone(exchange, std::move(done), std::move(now));
}

net::Task<void> PolicyApi::remove(http::Exchange& exchange, const Params&) {
    auto done = co_await ports_.keeper.remove();
    auto now = co_await shown();
    co_await answerDone(exchange, std::move(done), std::move(now));
}

net::Task<void> PolicyApi::setReadOnly(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange);
    const auto on = body ? asField(body->boolean("on")) : Result<bool>(fail(body.error()));
    if (!on) {
        co_await refuse(exchange, on.error());
        co_return;
    }
    auto done = co_await ports_.keeper.setReadOnly(*on);
    auto now = summary();
    co_await answerDone(exchange, std::move(done), std::move(now));
}

net::Task<void> PolicyApi::setPause(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange);
    const auto on = body ? asField(body->boolean("paused")) : Result<bool>(fail(body.error()));
    const auto why = body ? asField(body->optionalString("why", 256))
                          : Result<std::optional<std::string>>(fail(body.error()));
    if (!on || !why) {
        co_await refuse(exchange, !on ? on.error() : why.error());
        co_return;
    }
    Result<> done;
    if (*on) done = co_await ports_.keeper.pause(why->value_or("no reason was given"));
    if (!*on) done = co_await ports_.keeper.resume();
    auto now = summary();
    co_await answerDone(exchange, std::move(done), std::move(now));
}

net::Task<void> PolicyApi::setLearning(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange);
    const auto on = body ? asField(body->boolean("on")) : Result<bool>(fail(body.error()));
    if (!on) {
        co_await refuse(exchange, on.error());
        co_return;
    }
    auto done = co_await ports_.keeper.setLearning(*on);
    auto now = summary();
    co_await answerDone(exchange, std::move(done), std::move(now));
}

net::Task<void> PolicyApi::showLearned(http::Exchange& exchange, const Params&) {
    auto body = summary();
    body.set("text", ports_.keeper.learner().write(proxy::policyVocabulary()));
    co_await answer(exchange, 200, std::move(body));
}

net::Task<Result<AccessKeyRecord>> PolicyApi::findKey(std::string id) {
    auto work = [](Storage storage) { return listAccessKeys(storage); };
    PCG_CO_TRY(auto keys, co_await ports_.state.run(std::move(work)));
    for (auto& key : keys) {
        if (key.id.text() == id) co_return std::move(key);
    }
    co_return fail(errc::kNoSuchKey,
                   "There is no access key \"" + id + "\". See: pcgctl key list.");
}

net::Task<Result<json::Object>> PolicyApi::explained(json::Object body) {
    PCG_CO_CHECK(
        asField(body.onlyMembers({"request", "endpoint", "key", "role", "text", "at_ms"})));
    PCG_CO_TRY(const auto text, asField(body.string("request", 4096)));
    PCG_CO_TRY(const auto endpoint, asField(body.optionalString("endpoint", 256)));
    PCG_CO_TRY(const auto key, asField(body.optionalString("key", 64)));
    PCG_CO_TRY(const auto role, asField(body.optionalString("role", 64)));
    PCG_CO_TRY(const auto at, asField(body.optionalInteger("at_ms", 0)));
    PCG_CO_TRY(auto file, asField(body.optionalString("text", kMaxText)));
    PCG_CO_TRY(const auto candidate, co_await candidateOf(std::move(file), ports_.keeper));
    auto parsed = policy::OwnedAsk::parse(text);
    if (!parsed) co_return fail(errc::kBadField, "request: " + parsed.error().message() + ".");
    KeyRole has{proxy::Role::Full, {}};
    if (key && !role) {
        PCG_CO_TRY(const auto found, co_await findKey(*key));
        has = {found.role, found.fileRole};
    }
    if (role) {
        PCG_CO_TRY(has, parseKeyRole(*role, candidate.get()));
    }
    const policy::Asker asker{endpoint ? std::string_view(*endpoint) : std::string_view(),
                              key ? std::string_view(*key) : std::string_view(),
                              proxy::builtinOf(has.builtin),
                              has.of_file};
    const auto ask = parsed->view();
    const auto& own = parsed->own;
    const policy::OwnsMachine owns = [&own](std::string_view id) {
        return std::find(own.begin(), own.end(), id) != own.end();
    };
    const auto now = at ? fromUnixMilliseconds(*at) : ports_.clock.wallNow();
    const auto& stored = ports_.keeper.stored();
    const auto explanation = policy::explain(candidate.get(),
                                             {stored.read_only, ports_.keeper.isPaused()},
                                             asker,
                                             ask,
                                             [&](policy::Builtin one) { return hasRole(one, ask); },
                                             {now, &owns});
    json::Object answered;
    answered.set("allowed", explanation.allowed).set("text", explanation.text);
    co_return answered;
}

net::Task<void> PolicyApi::explain(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange, kMaxBody);
    if (!body) {
        co_await refuse(exchange, body.error());
        co_return;
    }
    auto done = co_await explained(std::move(*body));
    if (!done) co_await refuse(exchange, done.error());
    if (done) co_await answer(exchange, 200, std::move(*done));
}

net::Task<Result<json::Object>> PolicyApi::tried(json::Object body) {
    PCG_CO_TRY(auto text, asField(body.string("text", kMaxText)));
    PCG_CO_TRY(const auto candidate, co_await candidateOf(std::move(text), ports_.keeper));
    const auto& learner = ports_.keeper.learner();
    const auto owns = [this](const policy::Observed& one, std::string_view machine) {
        const auto view = ports_.endpoints.find(one.endpoint);
        return view && ports_.machines.owns(view->record.id.text(), one.key, machine);
    };
    const auto refused = learner.refusedBy(*candidate, hasRole, owns);
    json::Array items;
    std::uint64_t requests = 0;
    for (const auto& trial : refused) {
        requests += trial.observed->count;
        if (items.size() >= kMostShown) continue;
        json::Object item;
        item.set("endpoint", trial.observed->endpoint)
            .set("key", trial.observed->key)
            .set("request", trial.observed->ask.toText())
            .set("count", json::Value::ofUnsigned(trial.observed->count))
            .set("decided_by", trial.decision.decidedBy())
            .set("why", trial.decision.why);
        items.emplace_back(std::move(item));
    }
    json::Object answered;
    answered.set("observed", json::Value::ofUnsigned(learner.requests()))
        .set("kinds", json::Value::ofUnsigned(learner.kinds()))
        .set("refused_requests", json::Value::ofUnsigned(requests))
        .set("refused_kinds", json::Value::ofUnsigned(refused.size()))
        .set("refused", std::move(items));
    co_return answered;
}

net::Task<void> PolicyApi::dryRun(http::Exchange& exchange, const Params&) {
    auto body = co_await readJson(exchange, kMaxBody);
    if (!body) {
        co_await refuse(exchange, body.error());
        co_return;
    }
    auto done = co_await tried(std::move(*body));
    if (!done) co_await refuse(exchange, done.error());
    if (done) co_await answer(exchange, 200, std::move(*done));
}

}  // namespace pcg::gateway
