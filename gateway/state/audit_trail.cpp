// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/audit_trail.h"

#include "common/log/log.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr log::Logger kLog("audit");

}  // namespace

// Shared with the writing coroutine, which may outlive the trail by one batch.
struct AuditTrail::Core : std::enable_shared_from_this<Core> {
    Core(net::Loop& loop_, StateStore& state_, const Clock& clock_)
        : loop(loop_),
          state(state_),
          clock(clock_),
          idle(loop_.get_executor(), SteadyTime::max()) {}

    static net::Task<void> write(std::shared_ptr<Core> core);
    net::Task<Result<>> writeBatch(std::vector<Line> batch);

    net::Loop& loop;
    StateStore& state;
    const Clock& clock;
    std::deque<Line> queued;
    std::size_t dropped = 0;
    bool writing = false;
    net::Timer idle;  // cancelled when a writing run ends
};

AuditTrail::AuditTrail(net::Loop& loop, StateStore& state, const Clock& clock)
    : core_(std::make_shared<Core>(loop, state, clock)) {}

AuditTrail::~AuditTrail() = default;

void AuditTrail::record(proxy::AuditRecord record) noexcept try {
    json::Object data;
    data.set("request_id", record.request_id)
        .set("endpoint", record.endpoint.text())
        .set("peer", record.peer)
        .set("access_key", record.access_key)
        .set("surface", record.surface)
        .set("method", record.method)
        .set("object", record.object)
        .set("decision", record.decision)
        .set("reason", record.reason)
        .set("outcome", record.outcome)
        .set("status", record.status)
        .set("bytes_in", json::Value::ofUnsigned(record.bytes_in))
        .set("bytes_out", json::Value::ofUnsigned(record.bytes_out))
        .set("took_ms", record.took.count());
    if (!record.detail.empty()) data.set("detail", record.detail);
    push({toRfc3339(record.at), "proxy.call", json::write(data)});
} catch (...) {
    // Out of memory: the line is lost, the request is not.
    ++core_->dropped;
}

void AuditTrail::note(std::string event, json::Object data) {
    push({toRfc3339(core_->clock.wallNow()), std::move(event), json::write(data)});
}

void AuditTrail::push(Line line) {
    auto& core = *core_;
    if (core.queued.size() >= kMaxQueued) {
        core.queued.pop_front();
        ++core.dropped;
    }
    core.queued.push_back(std::move(line));
    if (core.writing) return;
    core.writing = true;
    net::asio::co_spawn(core.loop, Core::write(core_), net::asio::detached);
}

net::Task<void> AuditTrail::Core::write(std::shared_ptr<Core> core) {
    while (!core->queued.empty()) {
        std::vector<Line> batch;
        if (core->dropped > 0) {
            const auto lost = json::Object().set("lines", json::Value::ofUnsigned(core->dropped));
            batch.push_back({toRfc3339(core->clock.wallNow()), "audit.dropped", json::write(lost)});
            core->dropped = 0;
        }
        const auto count = std::min(core->queued.size(), kBatch);
        for (std::size_t i = 0; i < count; ++i) {
            batch.push_back(std::move(core->queued.front()));
            core->queued.pop_front();
        }
        const auto lines = batch.size();
        auto written = co_await core->writeBatch(std::move(batch));
        if (written) continue;
        core->dropped += lines;
        kLog.failure(log::Level::Error, "audit.not_written", written.error(), {{"lines", lines}});
    }
    core->writing = false;
    core->idle.cancel();
}

net::Task<Result<>> AuditTrail::Core::writeBatch(std::vector<Line> batch) {
    auto work = [batch = std::move(batch)](Storage storage) -> Result<> {
        return store::transact(storage.database, [&]() -> Result<> {
            for (const auto& line : batch) {
                PCG_TRY(
                    storage.database.execute("INSERT INTO audit (at, event, data) VALUES (?, ?, ?)",
                                             {line.at, line.event, line.data}));
            }
            PCG_TRY(storage.database.execute(
                "DELETE FROM audit WHERE seq <= (SELECT max(seq) FROM audit) - ?", {kMaxRows}));
            return {};
        });
    };
    co_return co_await state.run(std::move(work));
}

net::Task<void> AuditTrail::flush() {
    auto core = core_;
    if (core->writing) co_await core->idle.async_wait(net::kAwaitTuple);
}

Result<std::vector<AuditRow>> newestAuditRows(Storage storage, std::size_t count) {
    const auto rows = PCG_TRY(storage.database.query(
        "SELECT seq, at, event, data FROM audit ORDER BY seq DESC LIMIT ?", {count}));
    std::vector<AuditRow> result;
    result.reserve(rows.size());
    for (const auto& row : rows)
        result.push_back({row.integer(0), row.text(1), row.text(2), row.text(3)});
    return result;
}

}  // namespace pcg::gateway
