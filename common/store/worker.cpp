// SPDX-License-Identifier: Apache-2.0
#include "common/store/worker.h"

#include "common/base/assert.h"

#include <csignal>

#include <pthread.h>

namespace pcg::store {
namespace {

// Signals are for the loop's thread, which waits for them.
void nameAndShield() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ::pthread_setname_np(::pthread_self(), "pcg-storage");
}

}  // namespace

Worker::Worker(std::unique_ptr<Database> database) : Worker(std::move(database), Options{}) {}

Worker::Worker(std::unique_ptr<Database> database, Options options)
    : database_(std::move(database)),
      options_(options),
      busy_(jobs_.get_executor()),
      thread_([this] {
          nameAndShield();
          jobs_.run();
      }) {}

Worker::~Worker() { stop(); }

void Worker::stop() {
    PCG_ASSERT(std::this_thread::get_id() != thread_.get_id());
    stopped_ = true;
    busy_.reset();
    if (thread_.joinable()) thread_.join();
}

bool Worker::accept() {
    if (stopped_) return false;
    if (waiting_.fetch_add(1, std::memory_order_relaxed) < options_.queued) return true;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

Error Worker::bug(const char* what) {
    return {kIo, std::string("A storage job failed unexpectedly: ") + what + ". Please report it."};
}

}  // namespace pcg::store
