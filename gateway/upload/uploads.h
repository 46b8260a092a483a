// SPDX-License-Identifier: Apache-2.0
// The uploads by reference of this gateway: queue, runs, switches, journal (docs/uploads.md).
//
// Bounded: kMostRunning at once, and kMostLeases whose lease has to be kept alive meanwhile;
// kMostQueued wait. Each run is one coroutine around a Record, which decides. cancel() and cut()
// count at once, whatever the run is waiting for. Loop thread; the parts outlive it. Await stop().
#pragma once

#include "common/http/signal.h"
#include "gateway/endpoints/endpoint_directory.h"
#include "gateway/state/audit_trail.h"
#include "gateway/upload/push.h"
#include "gateway/upload/source_fetch.h"
#include "gateway/upload/upload_keys.h"
#include "vcenter-proxy/endpoint_service.h"
#include "vcenter-proxy/policy_source.h"

#include <memory>
#include <vector>

namespace pcg::gateway::upload {

class Uploads {
  public:
    static constexpr std::size_t kMostRunning = 2;
    static constexpr std::size_t kMostLeases = 4;
    static constexpr std::size_t kMostQueued = 32;
    static constexpr std::chrono::hours kLongest{24};  // a run
    static constexpr std::size_t kMostReported = 32;   // of those that are over

    struct Parts {
        net::Loop& loop;
        const Clock& clock;
        Random& random;
        StateStore& state;
        proxy::EndpointService& service;
        UploadKeys& keys;
        proxy::PolicySource& policy;
        EndpointDirectory& endpoints;
        AuditTrail& audit;
        const SourceList& sources;  // what the data center opens
        Sources& dial;
        Cache& cache;
        std::function<void()> changed;  // report() says something else
    };

    explicit Uploads(Parts parts);
    ~Uploads();
    Uploads(const Uploads&) = delete;
    Uploads& operator=(const Uploads&) = delete;

    // What an earlier run of the gateway left is gone on with.
    net::Task<Result<>> start();
    net::Task<void> stop(std::chrono::milliseconds bound);

    // Durable when it returns. The same order again is the same upload. gateway.bad_field,
    // gateway.no_such_endpoint, proxy.invalid_login, upload.source_denied, upload.other_order,
    // upload.queue_full.
    net::Task<Result<Record>> order(NewOrder asked, std::string by);

    // upload.no_such_upload. One that is over stays as it is.
    net::Task<Result<Record>> cancel(wire::UploadId id, std::string by);

    Result<Record> find(const wire::UploadId& id) const;
    std::vector<Record> list() const;  // the oldest first

    // Every push changes something, so whatever is cut elsewhere is cut here.
    void cut(const Error& why);

    // Those of endpoints that are gone end, and are forgotten.
    void endpointsChanged();

    // The tenant is gone, and with it what was fetched for it.
    net::Task<void> forgetObjects();

    // {"whole", "uploads": [...]}: those that are not over or have just ended; `whole`: the newest
    // of the others, too.
    codec::json::Object report(bool whole) const;

    const SourceList& sources() const { return parts_.sources; }

    const Cache& cache() const { return parts_.cache; }

  private:
    struct Job;
    using JobPtr = std::shared_ptr<Job>;

    static net::Task<void> tick(Uploads& self);
    static net::Task<void> run(Uploads& self, JobPtr job);
    void pump();
    bool mayRun(const Job& job) const;
    net::Task<void> work(JobPtr job);
    net::Task<Pushed<>> open(JobPtr job, PushWay& way);
    net::Task<void> doFetch(JobPtr job);
    net::Task<void> doVerify(JobPtr job);
    net::Task<void> doPush(JobPtr job, PushWay& way);
    net::Task<void> doLook(JobPtr job, PushWay& way);
    std::unique_ptr<PushWay> wayOf(const JobPtr& job, Secret password);
    net::Task<Result<>> keep(JobPtr job);
    void keepSoon(const JobPtr& job);
    static net::Task<void> keepNow(Uploads& self, JobPtr job);
    void touched(Job& job, bool atOnce);
    void end(const JobPtr& job, wire::UploadState state, const Error& why);
    void ended(const JobPtr& job);
    void note(const Job& job, std::string event, codec::json::Object more);
    JobPtr jobOf(const wire::UploadId& id) const;
    Result<> check(const Order& order) const;
    void forgetOld();

    Parts parts_;
    std::vector<JobPtr> jobs_;  // the oldest first
    net::Timer tick_;
    http::Signal idle_;
    std::size_t running_ = 0;
    std::size_t saving_ = 0;
    bool ticking_ = false;
    bool stopping_ = false;
    bool dirty_ = false;
};

}  // namespace pcg::gateway::upload
