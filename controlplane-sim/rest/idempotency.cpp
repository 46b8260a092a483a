// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/idempotency.h"

#include "common/log/log.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

constexpr log::Logger kLog{"idempotency"};
constexpr std::size_t kMaxKey = 128;
constexpr std::chrono::seconds kStillRunning{1};
constexpr std::chrono::minutes kFullRetry{10};
constexpr int kReserved = 0;  // in place of a status
constexpr auto kClass = store::KeyClass::Keys;

using Key = Idempotency::Key;

store::Cell cellOf(const Key& key) {
    return {"idempotency_keys", key.tenant + "|" + key.principal + "|" + key.key, "answer"};
}

// The newest keys of the tenant; the platform's own have no generations.
store::Scope scopeOf(const store::Envelope& envelope, const Key& key) {
    if (key.tenant.empty()) return {};
    const auto scopes = envelope.scopesOf(key.tenant);
    return scopes.empty() ? store::Scope{key.tenant, 1} : scopes.back();
}

// An answer that was kept before a rotation of the tenant's key began is under the older one.
Result<Secret> openAnswer(const store::Envelope& envelope, const Key& key, BytesView sealed) {
    const auto scope = scopeOf(envelope, key);
    for (const auto& older : envelope.scopesOf(key.tenant)) {
        if (older == scope) continue;
        if (auto opened = envelope.open(older, kClass, cellOf(key), sealed)) return opened;
    }
    return envelope.open(scope, kClass, cellOf(key), sealed);
}

struct Found {
    Bytes request;
    int status;
    Bytes answer;
};

Result<std::optional<Found>> find(store::Database& database, const Key& key) {
    const auto row = PCG_TRY(database.queryOne(
        "SELECT request_sha256, status, answer FROM idempotency_keys WHERE tenant_id = ? AND "
        "principal = ? AND key = ?",
        {key.tenant, key.principal, key.key}));
    if (!row) return std::nullopt;
    return Found{row->blob(0), static_cast<int>(row->integer(1)), row->blob(2)};
}

Checked<> reserve(store::Database& database,
                  const Key& key,
                  const crypto::Digest256& request,
                  WallTime now) {
    const auto at = toUnixMilliseconds(now);
    const auto own =
        PCG_TRY(database.queryOne("SELECT count(*) FROM idempotency_keys WHERE tenant_id = ? AND "
                                  "principal = ?",
                                  {key.tenant, key.principal}));
    const auto all = PCG_TRY(database.queryOne(
        "SELECT count(*) FROM idempotency_keys WHERE tenant_id = ?", {key.tenant}));
    if (own->integer(0) >= static_cast<std::int64_t>(Idempotency::kMaxPerPrincipal) ||
        all->integer(0) >= static_cast<std::int64_t>(Idempotency::kMaxPerTenant)) {
        return refuseFlood("api.idempotency_full",
                           "Too many requests of the last 24 hours carried an Idempotency-Key; "
                           "wait, or send this one without.",
                           kFullRetry);
    }
    PCG_TRY(database.execute(
        "INSERT INTO idempotency_keys (tenant_id, principal, key, request_sha256, status, at_ms) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        {key.tenant, key.principal, key.key, BytesView(request), kReserved, at}));
    return {};
}

Checked<std::optional<Idempotency::Kept>> answerFor(const store::Envelope& envelope,
                                                    const Key& key,
                                                    const Found& found,
                                                    const crypto::Digest256& request) {
    if (!std::ranges::equal(found.request, request)) {
        return refuse(
            422,
            "api.idempotency_reused",
            "This Idempotency-Key was used for another request: take a fresh one for each "
            "request, and the same one only to repeat it.");
    }
    if (found.status == kReserved) {
        return refuse(
            409,
            "api.idempotency_interrupted",
            "The first request under this Idempotency-Key was interrupted and its outcome "
            "is not known: look whether it took effect before you send it under a fresh "
            "key.");
    }
    const auto body = PCG_TRY(openAnswer(envelope, key, found.answer));
    return Idempotency::Kept{found.status, std::string(body.revealText())};
}

}  // namespace

Checked<std::string> Idempotency::parse(const std::string& header) {
    const auto visible = [](char c) { return c > ' ' && c <= '~'; };
    if (header.empty() || header.size() > kMaxKey ||
        !std::all_of(header.begin(), header.end(), visible)) {
        return refuseField("Idempotency-Key",
                           "\"Idempotency-Key\" takes 1 to 128 visible ASCII characters, for "
                           "example a UUID.");
    }
    return header;
}

net::Task<Checked<std::optional<Idempotency::Kept>>> Idempotency::begin(Key key,
                                                                        crypto::Digest256 request) {
    if (!running_.insert(key).second) {
        Refusal refusal(409,
                        "api.idempotency_running",
                        "The first request under this Idempotency-Key is still running: ask again "
                        "in a moment.");
        refusal.retryAfter = kStillRunning;
        co_return tl::unexpected<Refusal>(std::move(refusal));
    }
    auto work = [this, key, request, now = clock_.wallNow()](
                    store::Database& database) -> Checked<std::optional<Kept>> {
        PCG_TRY(database.execute("DELETE FROM idempotency_keys WHERE at_ms < ?",
                                 {toUnixMilliseconds(now - kKeptFor)}));
        if (const auto found = PCG_TRY(find(database, key)))
            return answerFor(envelope_, key, *found, request);
        // Not inside keep(): keys are made outside of transactions, and before there is an answer
        // to lose.
        PCG_TRY(envelope_.prepare(scopeOf(envelope_, key), kClass));
        PCG_TRY(reserve(database, key, request, now));
        return std::nullopt;
    };
    auto outcome = co_await store_.run(std::move(work));
    if (!outcome || *outcome) running_.erase(key);
    co_return outcome;
}

net::Task<Result<>> Idempotency::keep(Key key, Kept answer) {
    auto work = [this, key, answer = std::move(answer)](store::Database& database) -> Result<> {
        const auto scope = scopeOf(envelope_, key);
        // No keys for a tenant that left while its request was running.
        if (!key.tenant.empty() && envelope_.scopesOf(key.tenant).empty()) return {};
        const auto sealed =
            PCG_TRY(envelope_.seal(scope, kClass, cellOf(key), asBytes(answer.body)));
        PCG_TRY(
            database.execute("UPDATE idempotency_keys SET status = ?, answer = ? WHERE "
                             "tenant_id = ? AND principal = ? AND key = ?",
                             {answer.status, sealed, key.tenant, key.principal, key.key}));
        return {};
    };
    auto kept = co_await store_.run(std::move(work));
    running_.erase(key);
    co_return kept;
}

net::Task<void> Idempotency::release(Key key) {
    auto work = [key](store::Database& database) {
        return database.execute(
            "DELETE FROM idempotency_keys WHERE tenant_id = ? AND principal = ? AND key = ?",
            {key.tenant, key.principal, key.key});
    };
    const auto released = co_await store_.run(std::move(work));
    if (!released) kLog.failure(log::Level::Warn, "idempotency.not_released", released.error());
    running_.erase(key);
}

}  // namespace pcg::controlplane::rest
