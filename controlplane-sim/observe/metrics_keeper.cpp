// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/metrics_keeper.h"

#include "common/log/log.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"metrics"};
constexpr std::size_t kCellOctets = 4;

using Cells = std::array<std::uint32_t, Histogram::kCells>;

Bytes octetsOf(const Cells& cells) {
    Bytes octets;
    octets.reserve(cells.size() * kCellOctets);
    for (const auto cell : cells) {
        for (std::size_t i = 0; i < kCellOctets; ++i)
            octets.push_back(static_cast<std::uint8_t>(cell >> (8 * i)));
    }
    return octets;
}

// What another version wrote with other cells has no latencies here.
Cells cellsFrom(BytesView octets) {
    Cells cells{};
    if (octets.size() != cells.size() * kCellOctets) return cells;
    for (std::size_t i = 0; i < octets.size(); ++i)
        cells[i / kCellOctets] |= static_cast<std::uint32_t>(octets[i]) << (8 * (i % kCellOctets));
    return cells;
}

}  // namespace

const std::vector<std::string_view>& metricsSchema() {
    static const std::vector<std::string_view> kStatements{
        R"(CREATE TABLE endpoint_minutes (
             tenant_id TEXT NOT NULL REFERENCES tenants(id),
             endpoint_id TEXT NOT NULL,
             minute INTEGER NOT NULL,
             calls INTEGER NOT NULL,
             errors INTEGER NOT NULL,
             bytes_up INTEGER NOT NULL,
             bytes_down INTEGER NOT NULL,
             cells BLOB NOT NULL,
             PRIMARY KEY (endpoint_id, minute)) STRICT)",
        "CREATE INDEX endpoint_minutes_by_time ON endpoint_minutes(minute)",
    };
    return kStatements;
}

Result<> keepMinutes(store::Database& database, const std::vector<MeasuredMinute>& minutes) {
    return store::transact(database, [&]() -> Result<> {
        for (const auto& [endpoint, minute] : minutes) {
            PCG_TRY(database.execute(
                R"(INSERT OR REPLACE INTO endpoint_minutes (tenant_id, endpoint_id, minute, calls,
                     errors, bytes_up, bytes_down, cells)
                     SELECT tenant_id, id, ?, ?, ?, ?, ?, ? FROM endpoints WHERE id = ?)",
                {minute.number,
                 static_cast<std::int64_t>(minute.calls),
                 static_cast<std::int64_t>(minute.errors),
                 static_cast<std::int64_t>(minute.bytesUp),
                 static_cast<std::int64_t>(minute.bytesDown),
                 octetsOf(minute.latency.cells()),
                 endpoint.text()}));
        }
        return {};
    });
}

Result<> forgetMinutesBefore(store::Database& database, std::int64_t minute) {
    PCG_TRY(database.execute("DELETE FROM endpoint_minutes WHERE minute < ?", {minute}));
    return {};
}

Result<std::vector<MeasuredMinute>> keptMinutes(store::Database& database,
                                                std::int64_t from,
                                                std::size_t limit) {
    const auto rows = PCG_TRY(database.query(
        "SELECT endpoint_id, minute, calls, errors, bytes_up, bytes_down, cells FROM "
        "endpoint_minutes WHERE minute >= ? ORDER BY minute DESC LIMIT ?",
        {from, limit}));
    std::vector<MeasuredMinute> minutes;
    minutes.reserve(rows.size());
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        Minute minute;
        minute.number = row->integer(1);
        minute.calls = static_cast<std::uint32_t>(row->integer(2));
        minute.errors = static_cast<std::uint32_t>(row->integer(3));
        minute.bytesUp = static_cast<std::uint64_t>(row->integer(4));
        minute.bytesDown = static_cast<std::uint64_t>(row->integer(5));
        minute.latency.setCells(cellsFrom(row->blob(6)));
        minutes.emplace_back(PCG_TRY(wire::parseEndpointId(row->text(0))), minute);
    }
    return minutes;
}

MetricsKeeper::MetricsKeeper(Parts parts)
    : parts_(std::move(parts)),
      wake_(parts_.loop.get_executor()),
      ended_(parts_.loop.get_executor()) {}

net::Task<Result<>> MetricsKeeper::start() {
    const auto from = minuteOf(parts_.clock.wallNow()) - Metrics::kMinutesKept + 1;
    auto work = [from](store::Database& database) {
        return keptMinutes(database, from, kMostKept);
    };
    const auto kept = co_await parts_.store.run(std::move(work));
    if (kept) {
        for (const auto& [endpoint, minute] : *kept) parts_.metrics.restore(endpoint, minute);
    }
    running_ = true;
    net::asio::co_spawn(parts_.loop, run(), net::asio::detached);
    if (!kept) co_return fail(kept.error());
    co_return Result<>{};
}

net::Task<void> MetricsKeeper::stop() {
    stopping_ = true;
    wake_.cancel();
    while (running_) co_await ended_.wait();
}

net::Task<void> MetricsKeeper::run() {
    while (!stopping_) {
        wake_.expires_after(kEvery);
        co_await wake_.async_wait(net::kAwaitTuple);
        const auto now = parts_.clock.wallNow();
        co_await write(stopping_ ? now + std::chrono::minutes(1) : now);
    }
    running_ = false;
    ended_.notify();
}

// The minutes that are over at `until`.
net::Task<void> MetricsKeeper::write(WallTime until) {
    const auto last = minuteOf(until) - 1;
    auto work = [minutes = parts_.metrics.unkept(last),
                 last](store::Database& database) -> Result<> {
        PCG_TRY(keepMinutes(database, minutes));
        return forgetMinutesBefore(database, last - Metrics::kMinutesKept);
    };
    const auto written = co_await parts_.store.run(std::move(work));
    if (written) parts_.metrics.keptUntil(last);
    if (!written) kLog.failure(log::Level::Warn, "metrics.not_kept", written.error());
}

}  // namespace pcg::controlplane
