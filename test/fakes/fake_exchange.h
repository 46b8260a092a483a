// SPDX-License-Identifier: Apache-2.0
// An exchange out of strings: what the handler is asked, and what it answered.
#pragma once

#include "common/http/exchange.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pcg::test {

class FakeExchange final : public http::Exchange {
  public:
    explicit FakeExchange(http::RequestHead head, std::string body = {})
        : head_(std::move(head)), body_(std::move(body)) {
        head_.body =
            body_.empty() ? http::BodyFraming::none() : http::BodyFraming::ofLength(body_.size());
    }

    const http::RequestHead& request() const override { return head_; }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        if (auto before = std::exchange(beforeBody, nullptr)) co_await before();
        const auto count = std::min(buffer.size(), body_.size() - read_);
        std::memcpy(buffer.data(), body_.data() + read_, count);
        read_ += count;
        co_return count;
    }

    net::Task<Result<>> respond(http::ResponseHead head) override {
        answer = std::move(head);
        responded_ = true;
        co_return Result<>{};
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        answerBody += asText(bytes);
        co_return Result<>{};
    }

    net::Task<Result<>> finish() override {
        finished = true;
        co_return Result<>{};
    }

    void abort(const Error& why) override { aborted = why.message(); }

    void onClientGone(std::function<void()> callback) override { clientGone = std::move(callback); }

    bool responded() const override { return responded_; }

    std::string peer() const override { return "test"; }

    http::ResponseHead answer;
    std::string answerBody;
    std::string aborted;
    std::function<void()> clientGone;
    std::function<net::Task<void>()> beforeBody;  // the body comes when this is over
    bool finished = false;

  private:
    http::RequestHead head_;
    std::string body_;
    std::size_t read_ = 0;
    bool responded_ = false;
};

}  // namespace pcg::test
