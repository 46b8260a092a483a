// SPDX-License-Identifier: Apache-2.0
// A client's request made by a test, and what it was answered.
#pragma once

#include "common/http/errc.h"
#include "common/http/exchange.h"

#include <deque>
#include <string>

namespace pcg::proxy::test {

// Wakes whoever waits; look again afterwards.
class Bell {
  public:
    explicit Bell(net::Loop& loop) : timer_(loop.get_executor()) {
        timer_.expires_at(net::Timer::time_point::max());
    }

    net::Task<void> wait() { co_await timer_.async_wait(net::kAwaitTuple); }

    void ring() { timer_.cancel(); }

  private:
    net::Timer timer_;
};

class FakeExchange final : public http::Exchange {
  public:
    FakeExchange(net::Loop& loop, http::RequestHead head, std::string request_body = {})
        : head_(std::move(head)), bell_(loop) {
        if (!request_body.empty()) pieces_.push_back(std::move(request_body));
        ended_ = true;
    }

    // More of the body comes later: add() and end() say so.
    void keepOpen() { ended_ = false; }

    void add(std::string piece) {
        pieces_.push_back(std::move(piece));
        bell_.ring();
    }

    void end() {
        ended_ = true;
        bell_.ring();
    }

    void goAway() {
        gone_ = true;
        bell_.ring();
        if (on_gone_) std::exchange(on_gone_, nullptr)();
    }

    const http::RequestHead& request() const override { return head_; }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        while (pieces_.empty() && !ended_ && !gone_ && !aborted) co_await bell_.wait();
        if (gone_ || aborted) co_return fail(http::kClientGone, "the client went away");
        if (pieces_.empty()) co_return std::size_t{0};
        auto& piece = pieces_.front();
        const auto count = std::min(buffer.size(), piece.size());
        std::copy_n(piece.begin(), count, buffer.begin());
        piece.erase(0, count);
        if (piece.empty()) pieces_.pop_front();
        co_return count;
    }

    net::Task<Result<>> respond(http::ResponseHead head) override {
        if (gone_) co_return fail(http::kClientGone, "the client went away");
        response = std::move(head);
        responded_ = true;
        co_return Result<>();
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        if (gone_) co_return fail(http::kClientGone, "the client went away");
        body += asText(bytes);
        co_return Result<>();
    }

    net::Task<Result<>> finish() override {
        if (gone_) co_return fail(http::kClientGone, "the client went away");
        finished = true;
        co_return Result<>();
    }

    void abort(const Error&) override {
        aborted = true;
        bell_.ring();
    }

    void onClientGone(std::function<void()> callback) override { on_gone_ = std::move(callback); }

    bool responded() const override { return responded_; }

    std::string peer() const override { return "192.0.2.1:1"; }

    http::ResponseHead response;
    std::string body;
    bool finished = false;
    bool aborted = false;

  private:
    http::RequestHead head_;
    std::deque<std::string> pieces_;
    bool ended_ = false;
    bool gone_ = false;
    bool responded_ = false;
    std::function<void()> on_gone_;
    Bell bell_;
};

}  // namespace pcg::proxy::test
