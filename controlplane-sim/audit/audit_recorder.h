// SPDX-License-Identifier: Apache-2.0
// Takes the audit from the loop to the storage thread: a bounded queue, one transaction for
// whatever has come together in a moment.
//
// record() never waits. When the disk does not keep up, what is beyond a tenant's share of the
// queue is dropped and counted, and the count becomes a row of its own, so that a gap is never
// silent. A batch that could not be written is written again. Rows past their retention leave in
// the background. Loop thread; await stop(), which writes what is left.
#pragma once

#include "common/http/signal.h"
#include "common/store/worker.h"
#include "controlplane-sim/audit/audit_store.h"

#include <deque>
#include <functional>
#include <map>
#include <set>

namespace pcg::controlplane {

class AuditRecorder final : public AuditSink {
  public:
    struct Options {
        std::size_t queuedPerTenant = 4096;
        std::size_t queued = 16384;
        std::size_t batch = 1024;
        std::chrono::milliseconds gather{100};
        std::chrono::milliseconds retry{1000};
        std::chrono::milliseconds retainEvery{60'000};
        AuditRetention keep;
    };

    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const Clock& clock;
        const PlatformAuthority& authority;
        // Called when rows of a tenant are on the disk; may be empty.
        std::function<void(const wire::TenantId&)> written;
    };

    AuditRecorder(Parts parts, Options options);

    void record(const wire::TenantId& tenant, AuditEvent event) override;

    void start();
    net::Task<void> stop();

    std::size_t queued() const { return queued_; }

    std::uint64_t dropped() const { return droppedInAll_; }

  private:
    using Batch = std::map<wire::TenantId, std::vector<AuditEvent>>;

    struct Queue {
        std::deque<AuditEvent> events;
        std::uint64_t dropped = 0;
    };

    Batch take();
    net::Task<void> run();
    net::Task<bool> write(std::shared_ptr<const Batch> batch);
    net::Task<void> retain();

    Parts parts_;
    Options options_;
    std::map<wire::TenantId, Queue> queues_;
    std::size_t queued_ = 0;
    std::uint64_t droppedInAll_ = 0;
    net::Timer wake_;
    http::Signal ended_;
    bool running_ = false;
    bool stopping_ = false;
};

}  // namespace pcg::controlplane
