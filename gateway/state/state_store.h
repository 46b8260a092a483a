// SPDX-License-Identifier: Apache-2.0
// Everything the gateway keeps: the locked state directory, its database, the keys over its sealed
// values, and the one thread that touches them.
//
// open() blocks and is called before the loop runs; afterwards the repositories run inside run(),
// on the storage thread. Repositories are free functions or small classes over Storage: they block,
// and they never leave that thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/store/envelope.h"
#include "common/store/state_dir.h"
#include "common/store/worker.h"

#include <functional>
#include <memory>

namespace pcg::gateway {

// What a repository works with. Valid during the call only.
struct Storage {
    store::Database& database;
    store::Envelope& envelope;
    Random& random;
    const Clock& clock;
};

class StateStore {
  public:
    // `random` and `clock` are used on the storage thread; both must be thread-safe.
    static Result<std::unique_ptr<StateStore>> open(const std::filesystem::path& directory,
                                                    std::string_view machineBinding,
                                                    Random& random,
                                                    const Clock& clock);

    // Result<T> work(Storage&); see store::Worker::run.
    template <class Work>
    auto run(Work work) -> net::Task<std::invoke_result_t<Work&, Storage>> {
        auto job = [storage = storage(), work = std::move(work)](store::Database&) mutable {
            return work(storage);
        };
        auto outcome = co_await worker_->run(std::move(job));
        if (!outcome && outcome.error().is(store::kIo) && onTrouble_) onTrouble_(outcome.error());
        co_return outcome;
    }

    // Told on the loop of each failure of the disk, before whoever asked is. Before the loop runs.
    void onTrouble(std::function<void(const Error&)> told) { onTrouble_ = std::move(told); }

    // Before the loop runs, and in tests: on the calling thread. Not beside run().
    Storage blocking() { return storage(); }

    store::Worker& worker() { return *worker_; }

    const store::StateDir& directory() const { return directory_; }

    // Lets accepted work finish, closes the database. Nothing else may be called afterwards.
    void close() { worker_->stop(); }

  private:
    StateStore(store::StateDir directory, Random& random, const Clock& clock)
        : directory_(std::move(directory)), random_(random), clock_(clock) {}

    Storage storage() { return {*database_, *envelope_, random_, clock_}; }

    store::StateDir directory_;
    Random& random_;
    const Clock& clock_;
    store::Database* database_ = nullptr;  // owned by worker_
    std::unique_ptr<store::Envelope> envelope_;
    std::unique_ptr<store::Worker> worker_;
    std::function<void(const Error&)> onTrouble_;
};

// Writes something and nothing that matters: whether the disk takes it. Storage thread.
Result<> tryWriting(Storage storage);

}  // namespace pcg::gateway
