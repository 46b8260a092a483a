// SPDX-License-Identifier: Apache-2.0
// The endpoint behind the proxy: answers as the test says, and keeps what it was asked.
#pragma once

#include "common/http/client.h"
#include "test/unit/proxy/fake_exchange.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pcg::proxy::test {

struct Answer {
    int status = 200;
    std::string body;
    http::HeaderList headers;
    bool before_the_body = false;  // does not wait for the request to end
    bool never = false;            // a long poll
    bool breaks = false;           // the connection is lost instead of an answer
    bool truncated = false;        // the connection is lost after half of the body
};

struct Asked {
    http::RequestHead head;
    std::string body;
    bool finished = false;
    bool cancelled = false;
};

class FakeCall final : public http::Call {
  public:
    FakeCall(net::Loop& loop,
             std::shared_ptr<Asked> asked,
             std::function<Answer(const Asked&)> answers)
        : asked_(std::move(asked)), answers_(std::move(answers)), bell_(loop) {}

    ~FakeCall() override {
        if (!over_) asked_->cancelled = true;
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        if (asked_->cancelled) co_return fail(http::kCancelled, "cancelled");
        touched_ = true;
        asked_->body += asText(bytes);
        co_return Result<>();
    }

    net::Task<Result<>> finishRequest() override {
        if (asked_->cancelled) co_return fail(http::kCancelled, "cancelled");
        asked_->finished = true;
        bell_.ring();
        co_return Result<>();
    }

    net::Task<Result<http::ResponseHead>> readHead() override {
        answer_ = answers_(*asked_);
        while (!asked_->cancelled && !asked_->finished && !answer_.before_the_body) {
            co_await bell_.wait();
            answer_ = answers_(*asked_);
        }
        while (answer_.never && !asked_->cancelled) co_await bell_.wait();
        if (asked_->cancelled) co_return fail(http::kCancelled, "cancelled");
        if (answer_.breaks) co_return fail(http::kConnectionLost, "the server hung up");
        http::ResponseHead head;
        head.status = answer_.status;
        head.headers = answer_.headers;
        head.body = http::BodyFraming::ofLength(answer_.body.size());
        co_return head;
    }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        if (asked_->cancelled) co_return fail(http::kCancelled, "cancelled");
        const std::size_t end = answer_.truncated ? answer_.body.size() / 2 : answer_.body.size();
        const auto count = std::min(buffer.size(), end - sent_);
        std::copy_n(
            answer_.body.begin() + static_cast<std::ptrdiff_t>(sent_), count, buffer.begin());
        sent_ += count;
        if (count == 0 && answer_.truncated) co_return fail(http::kTruncated, "truncated");
        over_ = count == 0;
        co_return count;
    }

    void cancel() override {
        if (!over_) asked_->cancelled = true;
        bell_.ring();
    }

    http::Outcome outcome() const override {
        if (over_) return http::Outcome::Complete;
        return touched_ ? http::Outcome::Unknown : http::Outcome::NotDispatched;
    }

  private:
    std::shared_ptr<Asked> asked_;
    std::function<Answer(const Asked&)> answers_;
    Answer answer_;
    Bell bell_;
    std::size_t sent_ = 0;
    bool touched_ = false;
    bool over_ = false;
};

class FakeVcenter final : public http::Caller {
  public:
    explicit FakeVcenter(net::Loop& loop) : loop_(loop) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override {
        ++attempts;
        if (unreachable > 0) {
            --unreachable;
            co_return fail(http::kConnectFailed, "connection refused");
        }
        auto asked_now = std::make_shared<Asked>();
        asked_now->head = std::move(head);
        asked.push_back(asked_now);
        std::unique_ptr<http::Call> call = std::make_unique<FakeCall>(loop_, asked_now, answer);
        co_return call;
    }

    std::function<Answer(const Asked&)> answer = [](const Asked&) { return Answer{}; };
    int unreachable = 0;  // so many attempts fail
    int attempts = 0;
    std::vector<std::shared_ptr<Asked>> asked;

  private:
    net::Loop& loop_;
};

// On the way to an endpoint: no call gets through before go().
class SlowCaller final : public http::Caller {
  public:
    SlowCaller(net::Loop& loop, std::shared_ptr<http::Caller> inner)
        : inner_(std::move(inner)), bell_(loop) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override {
        while (!open_) co_await bell_.wait();
        co_return co_await inner_->start(std::move(head));
    }

    void go() {
        open_ = true;
        bell_.ring();
    }

  private:
    std::shared_ptr<http::Caller> inner_;
    Bell bell_;
    bool open_ = false;
};

}  // namespace pcg::proxy::test
