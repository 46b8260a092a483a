// SPDX-License-Identifier: Apache-2.0
#include "gateway/policy/policy_keeper.h"

#include "common/crypto/digest.h"
#include "common/log/log.h"
#include "gateway/errc.h"
#include "gateway/policy/learned_json.h"
#include "vcenter-proxy/errc.h"

namespace pcg::gateway {
namespace {

namespace json = codec::json;
using Cut = proxy::EndpointService::Cut;

constexpr log::Logger kLog("policy");

std::size_t warningsIn(const std::vector<policy::Problem>& problems) {
    std::size_t count = 0;
    for (const auto& problem : problems) count += problem.isError() ? 0 : 1;
    return count;
}

Error notKept(const Error& why) {
    return {errc::kNotKept,
            "it counts now, but could not be written (" + why.message() +
                "): a restart of the gateway would forget it. Try again."};
}

// Inlined into a coroutine, GCC 12 takes its move for an overlapping copy (-Wrestrict).
[[gnu::noinline]] Error turnedMeanwhile(const char* sentence) {
    return {errc::kChangedMeanwhile, sentence};
}

}  // namespace

std::string toText(const std::vector<policy::Problem>& problems) {
    std::string text;
    for (const auto& problem : problems)
        text += (text.empty() ? "" : "\n") + policy::toText(problem);
    return text;
}

PolicyKeeper::PolicyKeeper(Parts parts)
    : parts_(std::move(parts)),
      snapshot_(std::make_shared<const proxy::EndpointPolicy>()),
      store_timer_(parts_.loop.get_executor()) {}

net::Task<Result<>> PolicyKeeper::load() {
    auto work = [](Storage storage) { return loadPolicy(storage); };
    PCG_CO_TRY(stored_, co_await parts_.state.run(std::move(work)));
    readLearned(stored_.learned, learner_);
    stored_.learned.clear();
    if (!stored_.text.empty()) {
        auto reading = policy::readPolicy(stored_.text, proxy::policyVocabulary());
        problems_ = std::move(reading.problems);
        document_ = std::move(reading.policy);
        unreadable_ = document_ == nullptr;
    }
    if (unreadable_) {
        const auto text = toText(problems_);
        kLog.error("policy.unreadable", {{"problems", text}});
    }
    publish();
    co_return Result<>();
}

// Requests take this as it is; it is replaced, never changed.
void PolicyKeeper::publish() {
    auto policy = std::make_shared<proxy::EndpointPolicy>();
    policy->document = document_;
    policy->read_only = stored_.read_only;
    if (stored_.paused) policy->paused = stored_.paused_why;
    if (unreadable_) policy->paused = "the stored policy cannot be read";
    snapshot_ = std::move(policy);
    const auto show = [&](WarningCode code, bool on, const std::string& detail) {
        if (on) parts_.warnings.raise(code, "", detail);
        if (!on) parts_.warnings.clear(code);
    };
    show(WarningCode::AccessPaused, stored_.paused, stored_.paused_why);
    show(WarningCode::ReadOnly, stored_.read_only, "");
    show(WarningCode::PolicyUnreadable, unreadable_, unreadable_ ? toText(problems_) : "");
}

net::Task<Result<>> PolicyKeeper::keep(Store store, StoredPolicy wanted) {
    auto work = [store, wanted = std::move(wanted)](Storage storage) {
        return store(storage, wanted);
    };
    co_return co_await parts_.state.run(std::move(work));
}

net::Task<Result<policy::Reading>> PolicyKeeper::read(std::string text) {
    auto work = [text = std::move(text)](Storage) -> Result<policy::Reading> {
        return policy::readPolicy(text, proxy::policyVocabulary());
    };
    co_return co_await parts_.state.run(std::move(work));
}

net::Task<Result<>> PolicyKeeper::set(std::string text) {
    const auto asked = ++files_;
    PCG_CO_TRY(auto reading, co_await read(text));
    if (!reading.ok()) {
        const auto refused = toHex(crypto::sha256(text));
        const auto errors = reading.problems.size() - warningsIn(reading.problems);
        parts_.audit.note(
            "policy.refused",
            json::Object().set("sha256", refused).set("errors", json::Value::ofUnsigned(errors)));
        co_return fail(
            errc::kBadPolicy,
            "The policy was not taken; nothing was changed.\n" + toText(reading.problems));
    }
    if (asked != files_) {
        co_return fail(
            turnedMeanwhile("Another policy was set, or this one removed, while it was read; "
                            "nothing was changed."));
    }
    auto wanted = stored_;
    wanted.text = std::move(text);
    wanted.set_at = now();
    const auto digest = toHex(crypto::sha256(wanted.text));
    const auto size = wanted.text.size();
    PCG_CO_CHECK(co_await keep(storePolicyText, wanted));
    // Meanwhile a switch may have been turned.
    stored_.text = std::move(wanted.text);
    stored_.set_at = std::move(wanted.set_at);
    document_ = std::move(reading.policy);
    problems_ = std::move(reading.problems);
    unreadable_ = false;
    publish();
    parts_.judgeRunning();
    const auto warnings = warningsIn(problems_);
    parts_.audit.note("policy.set",
                      json::Object()
                          .set("sha256", digest)
                          .set("octets", json::Value::ofUnsigned(size))
                          .set("warnings", json::Value::ofUnsigned(warnings)));
    co_return Result<>();
}

net::Task<Result<>> PolicyKeeper::remove() {
    ++files_;
    auto wanted = stored_;
    wanted.text.clear();
    wanted.set_at.clear();
    PCG_CO_CHECK(co_await keep(storePolicyText, std::move(wanted)));
    stored_.text.clear();
    stored_.set_at.clear();
    document_ = nullptr;
    problems_.clear();
    unreadable_ = false;
    publish();
    parts_.judgeRunning();
    parts_.audit.note("policy.removed", json::Object());
    co_return Result<>();
}

net::Task<Result<>> PolicyKeeper::setReadOnly(bool on) {
    auto wanted = stored_;
    wanted.read_only = on;
    wanted.read_only_since = on ? now() : "";
    parts_.audit.note("policy.read_only", json::Object().set("on", on));
    if (!on) {
        const auto seen = read_onlies_;
        PCG_CO_CHECK(co_await keep(storeReadOnly, std::move(wanted)));
        if (seen != read_onlies_) {
            co_return fail(turnedMeanwhile("Read-only was switched on again; it stays on."));
        }
        stored_.read_only = false;
        stored_.read_only_since.clear();
        publish();
        co_return Result<>();
    }
    ++read_onlies_;
    stored_ = wanted;
    publish();
    const Error why(proxy::errc::kReadOnly, "the gateway was switched to read-only");
    parts_.cut(Cut::WhatChanges, why);
    const auto kept = co_await keep(storeReadOnly, std::move(wanted));
    if (!kept) co_return fail(notKept(kept.error()));
    co_return Result<>();
}

net::Task<Result<>> PolicyKeeper::pause(std::string why) {
    auto wanted = stored_;
    wanted.paused = true;
    wanted.paused_since = now();
    wanted.paused_why = why;
    ++pauses_;
    stored_ = wanted;
    publish();
    const Error error(proxy::errc::kPaused, "the data center's admin paused all access");
    parts_.cut(Cut::Everything, error);
    kLog.warn("access.paused", {{"why", why}});
    parts_.audit.note("access.paused", json::Object().set("why", why));
    const auto kept = co_await keep(storePause, std::move(wanted));
    if (!kept) co_return fail(notKept(kept.error()));
    co_return Result<>();
}

net::Task<Result<>> PolicyKeeper::resume() {
    if (unreadable_) {
        co_return fail(errc::kBadPolicy,
                       "The stored policy cannot be read, and nothing is open without it. Set one "
                       "with pcgctl policy set FILE, or go back to the built-in roles with pcgctl "
                       "policy remove.");
    }
    auto wanted = stored_;
    wanted.paused = false;
    wanted.paused_since.clear();
    wanted.paused_why.clear();
    const auto seen = pauses_;
    PCG_CO_CHECK(co_await keep(storePause, std::move(wanted)));
    if (seen != pauses_) {
        co_return fail(turnedMeanwhile("Access was paused again meanwhile; it stays paused."));
    }
    stored_.paused = false;
    stored_.paused_since.clear();
    stored_.paused_why.clear();
    publish();
    kLog.warn("access.resumed");
    parts_.audit.note("access.resumed", json::Object());
    co_return Result<>();
}

net::Task<Result<>> PolicyKeeper::setLearning(bool on) {
    auto wanted = stored_;
    wanted.learning = on;
    wanted.learning_since = on ? now() : stored_.learning_since;
    PCG_CO_CHECK(co_await keep(storeLearning, wanted));
    if (on && !stored_.learning) learner_.clear();
    stored_.learning = on;
    stored_.learning_since = wanted.learning_since;
    parts_.audit.note("policy.learn", json::Object().set("on", on));
    learned_more_ = true;
    co_await flush();
    co_return Result<>();
}

void PolicyKeeper::observe(const policy::Asker& asker, const policy::Ask& ask) {
    if (!stored_.learning) return;
    learner_.observe(asker, ask, parts_.clock.wallNow());
    if (std::exchange(learned_more_, true)) return;
    store_timer_.expires_after(kStoreLearnedEvery);
    store_timer_.async_wait([this](const auto& error) {
        if (error) return;
        net::asio::co_spawn(parts_.loop, storeSoon(*this), net::asio::detached);
    });
}

net::Task<void> PolicyKeeper::storeSoon(PolicyKeeper& self) { co_await self.flush(); }

net::Task<void> PolicyKeeper::flush() {
    store_timer_.cancel();
    if (!std::exchange(learned_more_, false)) co_return;
    StoredPolicy learned;
    learned.learned = learnedJson(learner_);
    const auto stored = co_await keep(storeLearned, std::move(learned));
    if (!stored) kLog.failure(log::Level::Error, "policy.learned_not_kept", stored.error());
}

}  // namespace pcg::gateway
