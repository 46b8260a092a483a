// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/uploads.h"

#include "common/log/log.h"
#include "gateway/errc.h"
#include "gateway/state/upload_journal.h"
#include "gateway/upload/errc.h"
#include "gateway/upload/upload_job.h"

#include <algorithm>
#include <set>

namespace pcg::gateway::upload {
namespace {

namespace json = codec::json;
using wire::UploadState;

constexpr log::Logger kLog("upload");
constexpr std::chrono::seconds kTick{1};
constexpr std::chrono::seconds kJustEnded{60};

Error gatewayStops() { return {errc::kStopping, "The gateway is stopping."}; }

}  // namespace

Uploads::Uploads(Parts parts)
    : parts_(std::move(parts)),
      tick_(parts_.loop.get_executor()),
      idle_(parts_.loop.get_executor()) {}

Uploads::~Uploads() = default;

net::Task<Result<>> Uploads::start() {
    auto work = [](Storage storage) { return loadUploads(storage); };
    PCG_CO_TRY(auto records, co_await parts_.state.run(std::move(work)));
    std::set<wire::UploadId> unfinished;
    for (auto& record : records) {
        if (!record.isOver()) unfinished.insert(record.order.id);
        jobs_.push_back(std::make_shared<Job>(parts_.loop.get_executor(), std::move(record)));
    }
    // A disk that is full or broken must not keep the gateway from everything else.
    const auto opened = co_await parts_.cache.open(std::move(unfinished));
    if (!opened) kLog.failure(log::Level::Error, "upload.no_cache", opened.error());
    if (parts_.endpoints.list().empty()) co_await parts_.cache.clear();
    for (const auto& job : jobs_) {
        if (job->record.isOver()) continue;
        const auto have = parts_.cache.partSize(job->record.order.id);
        auto& part = job->record.part;
        if (have > 0) part.have = have;
        if (have == 0 && job->record.state == UploadState::Fetching) part = {};
        part.resumed = part.resumed || have > 0;
        // It was verified, and the object is gone: from the beginning.
        const bool lost = have == 0 && !parts_.cache.has(job->record.order.sha256);
        if (lost && job->record.state == UploadState::Verifying)
            job->record.state = UploadState::Queued;
    }
    ticking_ = true;
    net::asio::co_spawn(parts_.loop, tick(*this), net::asio::detached);
    co_return Result<>();
}

net::Task<void> Uploads::stop(std::chrono::milliseconds bound) {
    stopping_ = true;
    parts_.cache.abandon();
    tick_.cancel();
    for (const auto& job : jobs_) job->halt.now(gatewayStops());
    const auto until = std::chrono::steady_clock::now() + bound;
    while ((running_ > 0 || saving_ > 0 || ticking_) && std::chrono::steady_clock::now() < until) {
        net::Timer limit(parts_.loop.get_executor(), until);
        limit.async_wait([this](const auto& error) {
            if (!error) idle_.notify();
        });
        co_await idle_.wait();
    }
    if (running_ > 0) kLog.warn("upload.still_running", {{"runs", running_}});
}

net::Task<void> Uploads::tick(Uploads& self) {
    while (!self.stopping_) {
        self.pump();
        for (const auto& job : self.jobs_) {
            const bool tooLong =
                job->running && self.parts_.clock.now() - job->since > Uploads::kLongest;
            if (!tooLong || job->record.isOver()) continue;
            const Error why(errc::kTookTooLong, "It took longer than 24 hours.");
            job->halt.now(why);
            self.end(job, UploadState::Failed, why);
        }
        if (std::exchange(self.dirty_, false) && self.parts_.changed) self.parts_.changed();
        self.tick_.expires_after(kTick);
        if (!self.stopping_) co_await self.tick_.async_wait(net::kAwaitTuple);
    }
    self.ticking_ = false;
    self.idle_.notify();
}

// Nothing begins while a switch would cut it, and no object is fetched twice side by side.
bool Uploads::mayRun(const Job& job) const {
    if (job.running || job.record.isOver()) return false;
    const auto policy = parts_.policy.policyFor(job.record.order.endpoint);
    if (policy->paused || policy->read_only) return false;
    std::size_t leases = 0;
    std::size_t others = 0;
    for (const auto& other : jobs_) {
        if (!other->running) continue;
        ++(other->isLease() ? leases : others);
        if (other->record.order.sha256 == job.record.order.sha256) return false;
    }
    return job.isLease() ? leases < kMostLeases : others < kMostRunning;
}

void Uploads::pump() {
    if (stopping_) return;
    for (const auto& job : jobs_) {
        if (!mayRun(*job)) continue;
        job->running = true;
        job->since = parts_.clock.now();
        ++running_;
        net::asio::co_spawn(parts_.loop, run(*this, job), net::asio::detached);
    }
}

net::Task<void> Uploads::run(Uploads& self, JobPtr job) {
    co_await self.work(job);
    job->running = false;
    if (job->record.isOver()) {
        auto id = job->record.order.id;
        co_await self.parts_.cache.dropPart(std::move(id));
    }
    --self.running_;
    self.idle_.notify();
    self.pump();
}

net::Task<Result<>> Uploads::keep(JobPtr job) {
    if (!job) co_return Result<>();
    auto work = [record = job->record](Storage storage) { return storeUpload(storage, record); };
    const auto kept = co_await parts_.state.run(std::move(work));
    if (!kept) kLog.failure(log::Level::Error, "upload.not_kept", kept.error());
    co_return kept;
}

net::Task<void> Uploads::keepNow(Uploads& self, JobPtr job) {
    [[maybe_unused]] const auto kept = co_await self.keep(std::move(job));
    --self.saving_;
    self.idle_.notify();
}

void Uploads::keepSoon(const JobPtr& job) {
    ++saving_;
    net::asio::co_spawn(parts_.loop, keepNow(*this, job), net::asio::detached);
}

void Uploads::touched(Job& job, bool atOnce) {
    job.record.changedAt = parts_.clock.wallNow();
    if (atOnce && parts_.changed) parts_.changed();
    if (!atOnce) dirty_ = true;
}

void Uploads::end(const JobPtr& job, UploadState state, const Error& why) {
    if (job->record.isOver()) return;
    job->record.end(state, why);
    ended(job);
}

void Uploads::ended(const JobPtr& job) {
    const auto& record = job->record;
    auto more = json::Object()
                    .set("outcome", wire::nameOf(record.state))
                    .set("pushed", json::Value::ofUnsigned(record.pushed));
    if (!record.code.empty()) more.set("code", record.code).set("why", record.why);
    note(*job, "upload.ended", std::move(more));
    kLog.info("upload.ended",
              {{"upload", record.order.id.text()},
               {"state", wire::nameOf(record.state)},
               {"code", record.code}});
    touched(*job, true);
    keepSoon(job);
    forgetOld();
}

// Never the query of the source, which may be a signature.
void Uploads::note(const Job& job, std::string event, json::Object more) {
    const auto& record = job.record;
    json::Object line;
    line.set("id", record.order.id.text())
        .set("by", record.by)
        .set("endpoint", record.order.endpoint.text())
        .set("access_key", record.order.key.text())
        .set("source", record.order.source.shown())
        .set("sha256", record.order.sha256Hex())
        .set("bytes", json::Value::ofUnsigned(record.part.have))
        .set("target", describe(record.order.target));
    for (const auto& member : more.members()) line.set(member.name, member.value);
    parts_.audit.note(std::move(event), std::move(line));
}

void Uploads::forgetOld() {
    auto over = static_cast<std::size_t>(std::count_if(
        jobs_.begin(), jobs_.end(), [](const JobPtr& job) { return job->record.isOver(); }));
    std::erase_if(jobs_, [&](const JobPtr& job) {
        const bool goes = over > kMostUploadsOver && job->record.isOver() && !job->running;
        if (goes) --over;
        return goes;
    });
}

Uploads::JobPtr Uploads::jobOf(const wire::UploadId& id) const {
    const auto found = std::find_if(
        jobs_.begin(), jobs_.end(), [&](const JobPtr& job) { return job->record.order.id == id; });
    return found == jobs_.end() ? nullptr : *found;
}

Result<> Uploads::check(const Order& order) const {
    PCG_TRY(parts_.sources.mayFetch(order.source));
    const auto view = PCG_TRY(parts_.endpoints.find(order.endpoint.text()));
    if (view.record.kind != endpointKindFor(order.target)) {
        return badField("target.kind",
                        "is not for an endpoint of the kind " + view.record.kind + ".");
    }
    const auto waiting = std::count_if(jobs_.begin(), jobs_.end(), [](const JobPtr& job) {
        return !job->running && !job->record.isOver();
    });
    if (static_cast<std::size_t>(waiting) < kMostQueued) return {};
    return fail(errc::kQueueFull,
                "As many uploads wait at this gateway as may. Order it when some are over.");
}

net::Task<Result<Record>> Uploads::order(NewOrder asked, std::string by) {
    PCG_CO_CHECK(check(asked.order));
    auto endpoint = asked.order.endpoint;
    auto key = asked.order.key;
    PCG_CO_CHECK(
        co_await parts_.keys.verify(std::move(endpoint), std::move(key), std::move(asked.secret)));
    if (const auto known = jobOf(asked.order.id)) {
        if (json::write(known->record.order.toJson()) == json::write(asked.order.toJson()))
            co_return known->record;
        co_return fail(errc::kOtherOrder, "id: there is another upload of this id.");
    }
    PCG_CO_CHECK(check(asked.order));  // others may have come meanwhile
    if (stopping_) co_return fail(gatewayStops());
    Record record(std::move(asked.order));
    record.by = std::move(by);
    record.createdAt = parts_.clock.wallNow();
    record.changedAt = record.createdAt;
    auto job = std::make_shared<Job>(parts_.loop.get_executor(), std::move(record));
    job->running = true;  // not before it is on the disk
    jobs_.push_back(job);
    const auto kept = co_await keep(job);
    job->running = false;
    if (!kept) {
        std::erase(jobs_, job);
        co_return fail(kept.error());
    }
    note(*job, "upload.ordered", {});
    touched(*job, true);
    pump();
    co_return job->record;
}

net::Task<Result<Record>> Uploads::cancel(wire::UploadId id, std::string by) {
    const auto job = jobOf(id);
    if (!job) co_return fail(errc::kNoSuchUpload, "There is no upload " + id.text() + ".");
    if (job->record.isOver()) co_return job->record;
    const Error why(errc::kCancelled, "Cancelled by " + by + ".");
    job->halt.now(why);
    const bool isPushing = job->record.state == UploadState::Pushing;
    end(job,
        UploadState::Cancelled,
        isPushing ? Error(errc::kCancelled,
                          "Cancelled by " + by + " while it was pushed: a part may be there.")
                  : why);
    if (!job->running) {
        co_await parts_.cache.dropPart(std::move(id));
    }
    co_return job->record;
}

Result<Record> Uploads::find(const wire::UploadId& id) const {
    const auto job = jobOf(id);
    if (!job) return fail(errc::kNoSuchUpload, "There is no upload " + id.text() + ".");
    return job->record;
}

std::vector<Record> Uploads::list() const {
    std::vector<Record> all;
    all.reserve(jobs_.size());
    for (const auto& job : jobs_) all.push_back(job->record);
    return all;
}

void Uploads::cut(const Error& why) {
    const auto now = jobs_;  // those that are over may be forgotten meanwhile
    for (const auto& job : now) {
        if (!job->running || job->record.isOver()) continue;
        job->halt.now(why);
        end(job, UploadState::Failed, why);
    }
}

void Uploads::endpointsChanged() {
    const auto now = jobs_;
    for (const auto& job : now) {
        if (parts_.endpoints.find(job->record.order.endpoint.text())) continue;
        // Its row went with the endpoint's.
        const Error why(gateway::errc::kNoSuchEndpoint, "The endpoint is not there any more.");
        job->halt.now(why);
        if (!job->record.isOver()) job->record.end(UploadState::Failed, why);
        std::erase(jobs_, job);
    }
}

// Runs that were just ended have their hands on it for a moment more.
net::Task<void> Uploads::forgetObjects() {
    while (running_ > 0 && !stopping_) co_await idle_.wait();
    co_await parts_.cache.clear();
}

json::Object Uploads::report(bool whole) const {
    const auto recently = parts_.clock.wallNow() - kJustEnded;
    json::Array items;
    std::size_t over = 0;
    for (auto at = jobs_.rbegin(); at != jobs_.rend(); ++at) {
        const auto& record = (*at)->record;
        if (record.isOver()) {
            const bool isNew = record.changedAt >= recently;
            if ((!whole && !isNew) || over >= kMostReported) continue;
            ++over;
        }
        items.emplace_back(record.progress());
    }
    return json::Object().set("whole", whole).set("uploads", std::move(items));
}

}  // namespace pcg::gateway::upload
