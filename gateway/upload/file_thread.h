// SPDX-License-Identifier: Apache-2.0
// The one thread on which the objects of uploads are read, written and hashed: neither the loop nor
// the database waits for gigabytes.
//
// Jobs run one at a time, in order; each running upload has one at a time, so their number is
// bounded by that of the uploads. run() is called on the loop, which must outlive this object;
// stop() finishes what was given and joins.
#pragma once

#include "common/net/asio.h"

#include <memory>
#include <optional>
#include <thread>

namespace pcg::gateway::upload {

class FileThread {
  public:
    FileThread();

    ~FileThread() { stop(); }

    FileThread(const FileThread&) = delete;
    FileThread& operator=(const FileThread&) = delete;

    // Result<T> work(), over there. It must own what it uses.
    template <class Work>
    auto run(Work work) -> net::Task<std::invoke_result_t<Work&>>;

    void stop();

  private:
    net::Loop jobs_{1};
    net::asio::executor_work_guard<net::Executor> busy_;
    std::jthread thread_;
};

template <class Work>
auto FileThread::run(Work work) -> net::Task<std::invoke_result_t<Work&>> {
    using Outcome = std::invoke_result_t<Work&>;

    // The timer never fires: it is what the answer wakes, on the caller's loop.
    struct Answer {
        explicit Answer(const net::Executor& executor)
            : ready(executor, std::chrono::steady_clock::time_point::max()) {}

        net::Timer ready;
        std::optional<Outcome> outcome;
    };

    const auto loop = co_await net::asio::this_coro::executor;
    auto answer = std::make_shared<Answer>(loop);
    net::asio::post(jobs_, [loop, answer, work = std::move(work)]() mutable {
        auto outcome = work();
        net::asio::post(loop, [answer = std::move(answer), outcome = std::move(outcome)]() mutable {
            answer->outcome.emplace(std::move(outcome));
            answer->ready.cancel();
        });
    });
    while (!answer->outcome) co_await answer->ready.async_wait(net::kAwaitTuple);
    co_return std::move(*answer->outcome);
}

}  // namespace pcg::gateway::upload
