// SPDX-License-Identifier: Apache-2.0
// One upload from its first look at the target to its end: what its record says is to be done.
#include "common/log/log.h"
#include "gateway/upload/errc.h"
#include "gateway/upload/local_call.h"
#include "gateway/upload/upload_job.h"

#include <algorithm>

namespace pcg::gateway::upload {
namespace {

namespace json = codec::json;
using wire::UploadState;

constexpr log::Logger kLog("upload");
constexpr int kMostAttempts = 6;  // of what did not reach the endpoint
constexpr std::chrono::seconds kBeforeLook{2};
constexpr int kMostLooks = 8;

std::chrono::milliseconds pauseOf(int attempt) {
    return std::chrono::seconds(1 << std::min(attempt, 5));
}

}  // namespace

std::unique_ptr<PushWay> Uploads::wayOf(const JobPtr& job, Secret password) {
    const auto& order = job->record.order;
    PushParts parts{.caller = std::make_shared<LocalCaller>(parts_.loop,
                                                            parts_.service,
                                                            parts_.random,
                                                            order.endpoint,
                                                            "upload " + order.id.text()),
                    .cache = parts_.cache,
                    .halt = job->halt,
                    .clock = parts_.clock,
                    .random = parts_.random,
                    .password = std::move(password)};
    parts.progressed = [this, weak = std::weak_ptr<Job>(job)] {
        if (const auto held = weak.lock()) touched(*held, false);
    };
    parts.sessionOf = [this, endpoint = order.endpoint, key = order.key](std::string_view lease) {
        return parts_.service.sessionOfLease(endpoint, key, lease);
    };
    parts.keep = [this, weak = std::weak_ptr<Job>(job)] { return keep(weak.lock()); };
    if (std::holds_alternative<DatastoreFile>(order.target))
        return makeDatastorePush(std::move(parts), order);
    if (std::holds_alternative<BootResource>(order.target))
        return makeBootResourcePush(std::move(parts), order);
    return makeLeasePush(parts_.loop, std::move(parts), order);
}

net::Task<void> Uploads::work(JobPtr job) {
    auto& record = job->record;
    const UploadKeys::Grant grant(parts_.keys, record.order.endpoint, record.order.key);
    const auto way = wayOf(job, grant.secret());
    const auto object = parts_.cache.use(record.order.sha256);  // if it is there
    const auto part = parts_.cache.use(record.order.id);
    // What was being pushed is looked at first: whatever is at the target may be its own.
    auto opened = Pushed<>();
    if (record.pushes == 0) opened = co_await open(job, *way);
    if (!opened && !record.isOver()) end(job, UploadState::Failed, opened.error().why);
    while (!record.isOver() && !job->halt.why()) {
        const auto step = record.next();
        if (step == Step::Fetch) {
            co_await doFetch(job);
        } else if (step == Step::Verify) {
            co_await doVerify(job);
        } else if (step == Step::Push) {
            co_await doPush(job, *way);
        } else if (step == Step::Look) {
            co_await doLook(job, *way);
        }
        if (record.isOver() || job->halt.why()) break;
        touched(*job, true);
        [[maybe_unused]] const auto kept = co_await keep(job);
    }
    // Ended from inside, as by a lease that is over.
    const bool isCut = job->halt.why() && !job->halt.why()->is(errc::kStopping);
    if (isCut && !record.isOver()) end(job, UploadState::Failed, *job->halt.why());
    co_await way->close();
}

// Nothing has happened yet, so whatever is weather is asked again for a while.
net::Task<Pushed<>> Uploads::open(JobPtr job, PushWay& way) {
    for (int attempt = 1;; ++attempt) {
        auto opened = co_await way.open();
        const bool again = !opened && opened.error().outcome != http::Outcome::Complete &&
                           !job->halt.why() && !job->record.isOver() && attempt < kMostAttempts;
        if (!again) co_return opened;
        co_await job->halt.pause(pauseOf(attempt));
    }
}

net::Task<void> Uploads::doFetch(JobPtr job) {
    auto& record = job->record;
    if (parts_.cache.has(record.order.sha256)) {
        record.part.have = parts_.cache.objectSize(record.order.sha256);
        record.part.total = record.part.have;
        record.complete(true);
        co_return;
    }
    record.fetching();
    touched(*job, true);
    FetchParts parts{parts_.dial, parts_.sources, parts_.cache, job->halt, {}, {}};
    parts.progressed = [this, &job = *job] { touched(job, false); };
    parts.keep = [this, job] { return keep(job); };
    const auto fetched = co_await fetch(std::move(parts), record);
    if (record.isOver() || job->halt.why()) co_return;
    if (!fetched) {
        end(job, UploadState::Failed, fetched.error());
        co_return;
    }
    record.complete(false);
}

net::Task<void> Uploads::doVerify(JobPtr job) {
    auto& record = job->record;
    auto id = record.order.id;
    const auto verified = co_await parts_.cache.verify(std::move(id), record.order.sha256);
    if (record.isOver() || job->halt.why()) co_return;
    if (!verified) {
        end(job, UploadState::Failed, verified.error());
        co_return;
    }
    record.verified(*verified);
    if (record.isOver()) ended(job);
    if (*verified) {
        note(*job, "upload.verified", json::Object().set("cached", record.cached));
    }
}

net::Task<void> Uploads::doPush(JobPtr job, PushWay& way) {
    auto& record = job->record;
    const auto object = parts_.cache.use(record.order.sha256);
    for (int attempt = 1;; ++attempt) {
        // That it may have happened is on the disk before it can.
        ++record.pushes;
        record.pushed = 0;
        const auto kept = co_await keep(job);
        if (record.isOver() || job->halt.why()) co_return;
        if (!kept) {
            end(job, UploadState::Failed, kept.error());
            co_return;
        }
        const auto pushed = co_await way.push(record);
        if (record.isOver()) co_return;
        if (pushed) {
            record.done();
            ended(job);
            co_return;
        }
        if (job->halt.why()) co_return;
        const auto& failure = pushed.error();
        kLog.failure(log::Level::Info, "upload.push_broke", failure.why);
        if (failure.outcome == http::Outcome::Unknown) {
            record.broke();
            co_return;
        }
        if (failure.outcome == http::Outcome::Complete || attempt >= kMostAttempts) {
            end(job, UploadState::Failed, failure.why);
            co_return;
        }
        // Nothing was sent: a restart has nothing to look at.
        --record.pushes;
        [[maybe_unused]] const auto again = co_await keep(job);
        co_await job->halt.pause(pauseOf(attempt));
        if (record.isOver() || job->halt.why()) co_return;
    }
}

net::Task<void> Uploads::doLook(JobPtr job, PushWay& way) {
    auto& record = job->record;
    const auto object = parts_.cache.use(record.order.sha256);
    for (int attempt = 1;; ++attempt) {
        co_await job->halt.pause(attempt == 1 ? kBeforeLook : pauseOf(attempt));
        if (record.isOver() || job->halt.why()) co_return;
        auto found = co_await way.look(record);
        if (record.isOver() || job->halt.why()) co_return;
        if (found == Found::NotNow && attempt < kMostLooks) continue;
        // What is to be pushed again must be there.
        const bool lost = !parts_.cache.has(record.order.sha256);
        if (lost && (found == Found::Partly || found == Found::Nothing)) found = Found::CannotTell;
        record.looked(found);
        if (record.isOver()) ended(job);
        co_return;
    }
}

}  // namespace pcg::gateway::upload
