// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/late_answers.h"

namespace pcg::appliance {

LateAnswers::LateAnswers(Ask ask, std::chrono::seconds ifOkay, std::chrono::seconds ifNot)
    : ask_(std::move(ask)),
      ifOkay_(ifOkay),
      ifNot_(ifNot),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::optional<LateAnswer> LateAnswers::to(const std::string& question) {
    const std::scoped_lock lock(lock_);
    if (question != question_) {
        question_ = question;
        wake_.notify_all();
    }
    return question == answered_ ? answer_ : std::nullopt;
}

void LateAnswers::run(const std::stop_token& stop) {
    std::unique_lock lock(lock_);
    while (!stop.stop_requested()) {
        if (question_.empty()) {
            wake_.wait(lock, stop, [this] { return !question_.empty(); });
            continue;
        }
        if (question_ == answered_ && std::chrono::steady_clock::now() < next_) {
            wake_.wait_until(lock, stop, next_, [this] { return question_ != answered_; });
            continue;
        }
        const auto asked = question_;
        lock.unlock();
        auto answer = ask_(asked);
        lock.lock();
        next_ = std::chrono::steady_clock::now() + (answer.okay ? ifOkay_ : ifNot_);
        answered_ = asked;
        answer_ = std::move(answer);
    }
}

}  // namespace pcg::appliance
