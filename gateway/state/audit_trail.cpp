// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/audit_trail.h"

#include "common/log/log.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <utility>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr log::Logger kLog("audit");

// Nobody had to know anything for it: no access key, or one that was not proven.
bool isWithoutSession(const proxy::AuditRecord& record) {
    return record.access_key.empty() || record.decision == proxy::errc::kInvalidLogin.name() ||
           record.decision == proxy::errc::kLoginThrottled.name();
}

json::Object jsonOf(const proxy::AuditRecord& record) {
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
    if (!record.arguments.empty()) data.set("arguments", record.arguments);
    if (!record.task.empty()) data.set("task", record.task);
    if (!record.fault.empty()) data.set("fault", record.fault);
    if (!record.detail.empty()) data.set("detail", record.detail);
    data.set("summary", proxy::summaryOf(record));
    return data;
}

// Calls without a session of one endpoint and one decision, after the first.
struct Counted {
    std::string endpoint;
    std::string decision;
    WallTime since;
    std::uint64_t calls = 0;
};

}  // namespace

struct AuditTrail::Queue {
    std::deque<Line> lines;
    std::size_t dropped = 0;
    std::size_t unpruned = kPruneEvery;  // rows since the table was cut; at first it may be long
};

// Shared with the writing coroutine, which may outlive the trail by one batch.
struct AuditTrail::Core : std::enable_shared_from_this<Core> {
    Core(net::Loop& loop_, StateStore& state_, const Clock& clock_)
        : loop(loop_),
          state(state_),
          clock(clock_),
          idle(loop_.get_executor(), SteadyTime::max()),
          again(loop_.get_executor()),
          countedUntil(loop_.get_executor()) {}

    using Batch = std::shared_ptr<const std::vector<Line>>;

    static net::Task<void> write(std::shared_ptr<Core> core);
    net::Task<bool> keepWriting(Batch batch, std::array<bool, 2> prune);
    net::Task<Result<AuditHeads>> writeBatch(Batch batch, std::array<bool, 2> prune);

    Queue& queueOf(AuditKind kind) { return queues.at(static_cast<std::size_t>(kind)); }

    void push(Line line);
    bool isFirst(const proxy::AuditRecord& record);
    void sumUp();
    bool isEmpty() const;
    std::vector<Line> nextBatch();
    std::array<bool, 2> whatToPrune(const std::vector<Line>& batch);

    net::Loop& loop;
    StateStore& state;
    const Clock& clock;
    std::array<Queue, 2> queues;  // by AuditKind
    std::uint64_t pushed = 0;
    std::map<std::string, Counted> counted;
    bool writing = false;
    bool ending = false;
    std::optional<AuditHeads> heads;
    net::Timer idle;          // cancelled when a writing run ends
    net::Timer again;         // when a batch that could not be written is tried again
    net::Timer countedUntil;  // when the counts become rows
};

AuditTrail::AuditTrail(net::Loop& loop, StateStore& state, const Clock& clock)
    : core_(std::make_shared<Core>(loop, state, clock)) {}

AuditTrail::~AuditTrail() = default;

void AuditTrail::record(proxy::AuditRecord record) noexcept try {
    if (isWithoutSession(record) && !core_->isFirst(record)) return;
    core_->push(
        {toRfc3339(record.at), "proxy.call", json::write(jsonOf(record)), AuditKind::Call, 0});
} catch (...) {
    // Out of memory: the line is lost, the request is not.
    ++core_->queueOf(AuditKind::Call).dropped;
}

void AuditTrail::note(std::string event, json::Object data, AuditKind kind) {
    core_->push({toRfc3339(core_->clock.wallNow()), std::move(event), json::write(data), kind, 0});
}

// Whether it is worth a row of its own; otherwise it was counted.
bool AuditTrail::Core::isFirst(const proxy::AuditRecord& record) {
    // Ids and decisions are short, but anybody may ask for any endpoint id.
    auto key = record.endpoint.text() + " " + record.decision;
    const auto found = counted.find(key);
    if (found != counted.end()) {
        ++found->second.calls;
        return false;
    }
    if (counted.size() >= kMaxCounted) {
        auto& others = counted[""];
        if (others.calls++ == 0) others.since = record.at;
        return false;
    }
    if (counted.empty()) {
        countedUntil.expires_after(kCountedFor);
        countedUntil.async_wait([weak = weak_from_this()](const auto& error) {
            const auto core = weak.lock();
            if (core && !error) core->sumUp();
        });
    }
    counted.emplace(std::move(key), Counted{record.endpoint.text(), record.decision, record.at, 0});
    return true;
}

void AuditTrail::Core::sumUp() {
    countedUntil.cancel();
    const auto sums = std::exchange(counted, {});
    for (const auto& [key, sum] : sums) {
        if (sum.calls == 0) continue;
        json::Object data;
        data.set("endpoint", sum.endpoint)
            .set("decision", sum.decision)
            .set("since", toRfc3339(sum.since))
            .set("calls", json::Value::ofUnsigned(sum.calls));
        push({toRfc3339(clock.wallNow()),
              "proxy.calls_without_session",
              json::write(data),
              AuditKind::Call,
              0});
    }
}

void AuditTrail::Core::push(Line line) {
    auto& queue = queueOf(line.kind);
    if (queue.lines.size() >= kMaxQueued) {
        queue.lines.pop_front();
        ++queue.dropped;
    }
    line.order = ++pushed;
    queue.lines.push_back(std::move(line));
    if (writing) return;
    writing = true;
    net::asio::co_spawn(loop, write(shared_from_this()), net::asio::detached);
}

bool AuditTrail::Core::isEmpty() const {
    return std::all_of(
        queues.begin(), queues.end(), [](const Queue& queue) { return queue.lines.empty(); });
}

// In the order in which they came.
std::vector<AuditTrail::Line> AuditTrail::Core::nextBatch() {
    std::vector<Line> batch;
    for (const auto kind : {AuditKind::Event, AuditKind::Call}) {
        auto& queue = queueOf(kind);
        if (queue.dropped == 0) continue;
        const auto lost = json::Object().set("lines", json::Value::ofUnsigned(queue.dropped));
        batch.push_back({toRfc3339(clock.wallNow()), "audit.dropped", json::write(lost), kind, 0});
        queue.dropped = 0;
    }
    auto& events = queueOf(AuditKind::Event).lines;
    auto& calls = queueOf(AuditKind::Call).lines;
    while (batch.size() < kBatch && !isEmpty()) {
        const bool isEvent =
            calls.empty() || (!events.empty() && events.front().order < calls.front().order);
        auto& from = isEvent ? events : calls;
        batch.push_back(std::move(from.front()));
        from.pop_front();
    }
    return batch;
}

// Cutting a table costs a walk along its index; it is not worth one for each batch.
std::array<bool, 2> AuditTrail::Core::whatToPrune(const std::vector<Line>& batch) {
    for (const auto& line : batch) ++queueOf(line.kind).unpruned;
    std::array<bool, 2> prune{};
    for (std::size_t i = 0; i < queues.size(); ++i) {
        prune.at(i) = queues.at(i).unpruned >= kPruneEvery;
        if (prune.at(i)) queues.at(i).unpruned = 0;
    }
    return prune;
}

net::Task<void> AuditTrail::Core::write(std::shared_ptr<Core> core) {
    while (!core->isEmpty()) {
        const auto batch = std::make_shared<const std::vector<Line>>(core->nextBatch());
        const auto prune = core->whatToPrune(*batch);
        const bool written = co_await core->keepWriting(batch, prune);
        if (written) continue;
        for (const auto& line : *batch) ++core->queueOf(line.kind).dropped;
    }
    core->writing = false;
    core->idle.cancel();
}

// Meanwhile the queues take what comes, up to their bound.
net::Task<bool> AuditTrail::Core::keepWriting(Batch batch, std::array<bool, 2> prune) {
    for (int last = 0; last < kLastAttempts; last += ending ? 1 : 0) {
        auto written = co_await writeBatch(batch, prune);
        if (written) {
            heads = *written;
            co_return true;
        }
        kLog.failure(
            log::Level::Error, "audit.not_written", written.error(), {{"lines", batch->size()}});
        again.expires_after(ending ? std::chrono::seconds(0) : kRetry);
        co_await again.async_wait(net::kAwaitTuple);
    }
    co_return false;
}

net::Task<Result<AuditHeads>> AuditTrail::Core::writeBatch(Batch batch, std::array<bool, 2> prune) {
    auto work = [batch = std::move(batch), prune](Storage storage) -> Result<AuditHeads> {
        return store::transact(storage.database, [&]() -> Result<AuditHeads> {
            auto written = PCG_TRY(auditHeads(storage));
            for (const auto& line : *batch) {
                auto& head = written.at(static_cast<std::size_t>(line.kind));
                head = PCG_TRY(appendAudit(
                    storage.database, line.kind, head, {line.at, line.event, line.data}));
            }
            for (const auto kind : kAuditKinds) {
                if (prune.at(static_cast<std::size_t>(kind)))
                    PCG_TRY(cutAudit(storage.database, kind, kMaxRows));
            }
            return written;
        });
    };
    co_return co_await state.run(std::move(work));
}

net::Task<void> AuditTrail::flush() {
    auto core = core_;
    core->sumUp();
    core->ending = true;
    core->again.cancel();
    if (core->writing) co_await core->idle.async_wait(net::kAwaitTuple);
}

const std::optional<AuditHeads>& AuditTrail::heads() const { return core_->heads; }

Result<std::vector<AuditRow>> newestAuditRows(Storage storage, std::size_t count) {
    const auto rows = PCG_TRY(storage.database.query(
        "SELECT seq, at, event, data FROM audit WHERE seq IN (SELECT seq FROM audit WHERE call = 0 "
        "ORDER BY seq DESC LIMIT ?) OR seq IN (SELECT seq FROM audit WHERE call = 1 ORDER BY seq "
        "DESC LIMIT ?) ORDER BY seq DESC",
        {count, count}));
    std::vector<AuditRow> result;
    result.reserve(rows.size());
    for (const auto& row : rows)
        result.push_back({row.integer(0), row.text(1), row.text(2), row.text(3)});
    return result;
}

}  // namespace pcg::gateway
