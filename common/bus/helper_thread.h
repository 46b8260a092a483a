// SPDX-License-Identifier: Apache-2.0
// One thread that runs jobs in order: for library calls that block. The owner bounds the number of
// jobs. The destructor runs what is queued, then joins; so a job must have been made able to end
// before.
#pragma once

#include "common/base/synchronized.h"

#include <deque>
#include <functional>
#include <semaphore>
#include <thread>

namespace pcg::bus {

class HelperThread {
  public:
    HelperThread() : thread_([this] { loop(); }) {}

    ~HelperThread() {
        run(nullptr);
        thread_.join();
    }

    HelperThread(const HelperThread&) = delete;
    HelperThread& operator=(const HelperThread&) = delete;

    // Any thread. An empty job ends the thread.
    void run(std::function<void()> job) {
        jobs_.withLock([&job](auto& jobs) { jobs.push_back(std::move(job)); });
        waiting_.release();
    }

  private:
    void loop() {
        while (true) {
            waiting_.acquire();
            auto job = jobs_.withLock([](auto& jobs) {
                auto first = std::move(jobs.front());
                jobs.pop_front();
                return first;
            });
            if (!job) return;
            job();
        }
    }

    Synchronized<std::deque<std::function<void()>>> jobs_;
    std::counting_semaphore<> waiting_{0};
    std::thread thread_;  // last: it uses the others
};

}  // namespace pcg::bus
