// SPDX-License-Identifier: Apache-2.0
// The record of what was asked of this gateway, in its database: bounded, and never in the way of a
// request.
//
// note() queues on the loop thread; a coroutine writes batches on the storage thread, one
// transaction each, as links of a chain (audit_chain.h). A batch that could not be written is
// written again. When the disk does not keep up for long, the oldest queued lines are dropped and
// their number is recorded. Calls and events have a queue and a number of rows of their own:
// whoever makes calls, with or without an access key, pushes out calls and nothing else. Calls
// without a session are rows only where they are the first of their kind in a while (endpoint and
// decision); how many followed is one row. flush() before the storage is closed.
#pragma once

#include "common/codec/json.h"
#include "gateway/state/audit_chain.h"
#include "gateway/state/state_store.h"
#include "vcenter-proxy/audit_sink.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pcg::gateway {

class AuditTrail final : public proxy::AuditSink {
  public:
    static constexpr std::size_t kMaxQueued = 8192;  // of each kind
    static constexpr std::size_t kBatch = 256;
    static constexpr std::int64_t kMaxRows = 100'000;  // of each kind, and up to kPruneEvery more
    static constexpr std::size_t kPruneEvery = 1024;
    static constexpr std::chrono::minutes kCountedFor{1};
    static constexpr std::size_t kMaxCounted = 256;  // kinds of calls without a session
    static constexpr std::chrono::seconds kRetry{1};
    static constexpr int kLastAttempts = 3;  // once flush() was called

    AuditTrail(net::Loop& loop, StateStore& state, const Clock& clock);
    ~AuditTrail() override;
    AuditTrail(const AuditTrail&) = delete;
    AuditTrail& operator=(const AuditTrail&) = delete;

    // A proxied call.
    void record(proxy::AuditRecord record) noexcept override;

    // Anything else worth keeping: "pairing.accepted", "endpoint.added".
    void note(std::string event, codec::json::Object data, AuditKind kind = AuditKind::Event);

    // Until everything noted so far is on the disk, or given up: at the end of the program.
    net::Task<void> flush();

    // What is on the disk, once something was written since the start.
    const std::optional<AuditHeads>& heads() const;

  private:
    struct Line {
        std::string at;
        std::string event;
        std::string data;
        AuditKind kind = AuditKind::Event;
        std::uint64_t order = 0;
    };
    struct Queue;
    struct Core;

    std::shared_ptr<Core> core_;
};

struct AuditRow {
    std::int64_t seq = 0;
    std::string at;
    std::string event;
    std::string data;  // a JSON object
};

// The newest events and the newest calls, `count` of each at most, together with the newest first.
// Storage thread.
Result<std::vector<AuditRow>> newestAuditRows(Storage storage, std::size_t count);

}  // namespace pcg::gateway
