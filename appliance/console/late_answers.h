// SPDX-License-Identifier: Apache-2.0
// Asks what takes long on a thread of its own, so that everything else is shown meanwhile. One
// question at a time; the thread ends with the object, within one answer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "appliance/console/facts.h"

namespace pcg::appliance {

class LateAnswers {
  public:
    using Ask = std::function<LateAnswer(const std::string&)>;

    // `ask` is called on that thread: anew this long after an answer that was okay, or was not.
    LateAnswers(Ask ask, std::chrono::seconds ifOkay, std::chrono::seconds ifNot);

    // The last answer to this very question, at once; none until there is one. An empty question is
    // not asked. From any thread.
    std::optional<LateAnswer> to(const std::string& question);

  private:
    using Time = std::chrono::steady_clock::time_point;

    void run(const std::stop_token& stop);

    Ask ask_;
    std::chrono::seconds ifOkay_;
    std::chrono::seconds ifNot_;
    std::mutex lock_;
    std::condition_variable_any wake_;
    std::string question_;
    std::string answered_;  // the question that answer_ belongs to
    std::optional<LateAnswer> answer_;
    Time next_{};
    std::jthread thread_;  // last: it uses what stands above
};

}  // namespace pcg::appliance
