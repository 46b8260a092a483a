// SPDX-License-Identifier: Apache-2.0
// The record of what was asked of this gateway, in its database: bounded, and never in the way of a
// request.
//
// note() queues on the loop thread; a coroutine writes batches on the storage thread, one
// transaction each. When the disk does not keep up for long, the oldest queued lines are dropped
// and their number is recorded. Of the kept lines the newest kMaxRows stay. flush() before the
// storage is closed.
#pragma once

#include "common/codec/json.h"
#include "gateway/state/state_store.h"
#include "vcenter-proxy/audit_sink.h"

#include <deque>
#include <string>
#include <vector>

namespace pcg::gateway {

class AuditTrail final : public proxy::AuditSink {
  public:
    static constexpr std::size_t kMaxQueued = 8192;
    static constexpr std::size_t kBatch = 256;
    static constexpr std::int64_t kMaxRows = 100'000;

    AuditTrail(net::Loop& loop, StateStore& state, const Clock& clock);
    ~AuditTrail() override;
    AuditTrail(const AuditTrail&) = delete;
    AuditTrail& operator=(const AuditTrail&) = delete;

    // A proxied call.
    void record(proxy::AuditRecord record) noexcept override;

    // Anything else worth keeping: "pairing.accepted", "endpoint.added".
    void note(std::string event, codec::json::Object data);

    // Until everything noted so far is on the disk, or given up.
    net::Task<void> flush();

  private:
    struct Line {
        std::string at;
        std::string event;
        std::string data;
    };
    struct Core;

    void push(Line line);

    std::shared_ptr<Core> core_;
};

struct AuditRow {
    std::int64_t seq = 0;
    std::string at;
    std::string event;
    std::string data;  // a JSON object
};

// The newest first. Storage thread.
Result<std::vector<AuditRow>> newestAuditRows(Storage storage, std::size_t count);

}  // namespace pcg::gateway
