// SPDX-License-Identifier: Apache-2.0
// The one storage thread: everything that waits for the disk (or burns CPU for long) happens here,
// never on the loop.
//
// Jobs run one at a time in the order they were given. At most `Options::queued` wait; more are
// refused with store.busy, so a slow disk pushes back instead of filling the memory. stop() lets
// what was accepted finish; nothing that a caller was told is durable depends on it, because a job
// commits before it answers.
#pragma once

#include "common/base/clock.h"
#include "common/net/asio.h"
#include "common/store/database.h"
#include "common/store/errc.h"

#include <atomic>
#include <memory>
#include <thread>

namespace pcg::store {

class Worker {
  public:
    struct Options {
        std::size_t queued = 256;
    };

    Worker(std::unique_ptr<Database> database, Options options);
    explicit Worker(std::unique_ptr<Database> database);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Result<T> work(Database&), on the storage thread; the caller goes on when it is done. `work`
    // must own what it uses: it may still run after the caller was cancelled (which then gets
    // store.cancelled). The caller's loop must outlive this object.
    template <class Work>
    auto run(Work work) -> net::Task<std::invoke_result_t<Work&, Database&>>;

    // Result<> or any Result that is dropped: for what nobody waits for. False when it was not
    // accepted.
    template <class Work>
    bool post(Work work);

    // Finishes what was accepted and joins the thread. Any thread but the storage thread; may be
    // repeated.
    void stop();

  private:
    bool accept();

    template <class Work>
    auto guarded(Work& work) -> std::invoke_result_t<Work&, Database&>;

    static Error bug(const char* what);

    std::unique_ptr<Database> database_;
    Options options_;
    std::atomic<std::size_t> waiting_{0};
    std::atomic<bool> stopped_{false};
    net::Loop jobs_{1};
    net::asio::executor_work_guard<net::Executor> busy_;
    std::jthread thread_;
};

template <class Work>
auto Worker::guarded(Work& work) -> std::invoke_result_t<Work&, Database&> {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    try {
        return work(*database_);
    } catch (const std::exception& e) {
        return fail(bug(e.what()));
    }
}

template <class Work>
bool Worker::post(Work work) {
    if (!accept()) return false;
    net::asio::post(jobs_, [this, work = std::move(work)]() mutable { (void)guarded(work); });
    return true;
}

template <class Work>
auto Worker::run(Work work) -> net::Task<std::invoke_result_t<Work&, Database&>> {
    using Outcome = std::invoke_result_t<Work&, Database&>;

    // Shared, because the answer may find that nobody waits any more. The timer never fires: it is
    // what the answer wakes. It is only touched on the caller's loop.
    struct Answer {
        explicit Answer(const net::Executor& executor)
            : loop(executor), ready(executor, SteadyTime::max()) {}

        net::Executor loop;
        net::Timer ready;
        std::optional<Outcome> outcome;
    };

    if (stopped_) co_return fail(kStopped, "The storage is closed: the program is stopping.");
    if (!accept()) co_return fail(kBusy, "The disk does not keep up with the requests. Try again.");
    auto loop = co_await net::asio::this_coro::executor;
    auto answer = std::make_shared<Answer>(loop);
    net::asio::post(jobs_, [this, answer, work = std::move(work)]() mutable {
        auto outcome = guarded(work);
        auto executor = answer->loop;
        net::asio::post(executor,
                        [answer = std::move(answer), outcome = std::move(outcome)]() mutable {
                            answer->outcome.emplace(std::move(outcome));
                            answer->ready.cancel();
                        });
    });
    co_await answer->ready.async_wait(net::kAwaitTuple);
    if (!answer->outcome) co_return fail(kCancelled, "Nobody waits for the storage any more.");
    co_return std::move(*answer->outcome);
}

}  // namespace pcg::store
