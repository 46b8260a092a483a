// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_recorder.h"

#include "common/log/log.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/tenant_vault.h"

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"audit"};
constexpr int kLastAttempts = 3;  // when the program stops

// A tenant that left meanwhile has no audit any more.
Result<bool> isThere(store::Database& database, const TenantScope& scope) {
    const auto prepared = TenantVault(database, scope).prepare();
    if (prepared) return true;
    if (prepared.error().is(kNotFound)) return false;
    return fail(prepared.error());
}

Result<> appendAll(store::Database& database,
                   const PlatformAuthority& authority,
                   const std::map<wire::TenantId, std::vector<AuditEvent>>& batch) {
    std::vector<std::pair<TenantScope, const std::vector<AuditEvent>*>> work;
    for (const auto& [tenant, events] : batch) {
        auto scope = authority.scopeOf(tenant);
        if (PCG_TRY(isThere(database, scope))) work.emplace_back(std::move(scope), &events);
    }
    return store::transact(database, [&]() -> Result<> {
        for (const auto& [scope, events] : work)
            PCG_TRY(AuditStore(database).append(scope, *events));
        return {};
    });
}

AuditEvent gap(std::uint64_t dropped, WallTime now) {
    AuditEvent event;
    event.at = now;
    event.actor = {ActorKind::Platform, "audit"};
    event.action = "audit.dropped";
    event.outcome = AuditOutcome::Failed;
    event.detail = std::to_string(dropped) +
                   " entries were not kept: more came than the storage takes in that time.";
    return event;
}

}  // namespace

AuditRecorder::AuditRecorder(Parts parts, Options options)
    : parts_(std::move(parts)),
      options_(options),
      wake_(parts_.loop.get_executor()),
      ended_(parts_.loop.get_executor()) {}

void AuditRecorder::record(const wire::TenantId& tenant, AuditEvent event) {
    auto& queue = queues_[tenant];
    if (stopping_ || queue.events.size() >= options_.queuedPerTenant ||
        queued_ >= options_.queued) {
        ++queue.dropped;
        ++droppedInAll_;
        return;
    }
    if (event.at == WallTime{}) event.at = parts_.clock.wallNow();
    queue.events.push_back(clean(std::move(event)));
    ++queued_;
}

// An equal share for each tenant first, so that a busy one does not make the others wait.
AuditRecorder::Batch AuditRecorder::take() {
    Batch batch;
    const auto share =
        std::max<std::size_t>(1, options_.batch / std::max<std::size_t>(1, queues_.size()));
    for (auto& [tenant, queue] : queues_) {
        auto& events = batch[tenant];
        while (!queue.events.empty() && events.size() < share) {
            events.push_back(std::move(queue.events.front()));
            queue.events.pop_front();
            --queued_;
        }
        if (queue.dropped > 0) {
            events.push_back(gap(std::exchange(queue.dropped, 0), parts_.clock.wallNow()));
        }
        if (events.empty()) batch.erase(tenant);
    }
    std::erase_if(queues_, [](const auto& entry) {
        return entry.second.events.empty() && entry.second.dropped == 0;
    });
    return batch;
}

void AuditRecorder::start() {
    running_ = true;
    net::asio::co_spawn(parts_.loop, run(), net::asio::detached);
}

net::Task<void> AuditRecorder::stop() {
    stopping_ = true;
    wake_.cancel();
    while (running_) co_await ended_.wait();
}

net::Task<void> AuditRecorder::run() {
    auto retainAt = parts_.clock.now() + options_.retainEvery;
    int failures = 0;
    std::shared_ptr<const Batch> batch;
    for (;;) {
        if (!batch) batch = std::make_shared<const Batch>(take());
        if (batch->empty() && stopping_) break;
        bool isWritten = true;
        if (!batch->empty()) isWritten = co_await write(batch);
        failures = isWritten ? 0 : failures + 1;
        if (isWritten) batch.reset();
        if (stopping_ && failures >= kLastAttempts) {
            kLog.error("audit.lost", {{"entries", static_cast<std::int64_t>(queued_)}});
            break;
        }
        if (isWritten && queued_ >= options_.batch) continue;
        if (!stopping_ && parts_.clock.now() >= retainAt) {
            co_await retain();
            retainAt = parts_.clock.now() + options_.retainEvery;
        }
        if (stopping_ && isWritten) continue;
        wake_.expires_after(isWritten ? options_.gather : options_.retry);
        co_await wake_.async_wait(net::kAwaitTuple);
    }
    running_ = false;
    ended_.notify();
}

net::Task<bool> AuditRecorder::write(std::shared_ptr<const Batch> batch) {
    auto work = [batch, &authority = parts_.authority](store::Database& database) {
        return appendAll(database, authority, *batch);
    };
    const auto written = co_await parts_.store.run(std::move(work));
    if (!written) {
        kLog.failure(log::Level::Warn, "audit.not_written", written.error());
        co_return false;
    }
    if (parts_.written) {
        for (const auto& [tenant, events] : *batch) parts_.written(tenant);
    }
    co_return true;
}

// One step a job, so that nobody waits long behind it.
net::Task<void> AuditRecorder::retain() {
    bool isMore = true;
    while (isMore && !stopping_) {
        auto work = [keep = options_.keep,
                     now = parts_.clock.wallNow(),
                     &authority = parts_.authority](store::Database& database) -> Result<bool> {
            const auto tenants =
                PCG_TRY(database.query("SELECT DISTINCT tenant_id FROM audit_blocks LIMIT 10000"));
            bool again = false;
            for (const auto& row : tenants) {
                const auto scope = authority.scopeOf(PCG_TRY(wire::parseTenantId(row.text(0))));
                again = PCG_TRY(AuditStore(database).retain(scope, keep, now)) || again;
                if (again) break;
            }
            return again;
        };
        const auto more = co_await parts_.store.run(std::move(work));
        if (!more) kLog.failure(log::Level::Warn, "audit.not_retained", more.error());
        isMore = more.has_value() && *more;
    }
}

}  // namespace pcg::controlplane
